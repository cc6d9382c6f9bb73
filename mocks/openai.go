package mocks

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/mocks/internal/emulate"
)

// openAI is the wire format of api.openai.com, with what was put there.
type openAI struct {
	store openAIStore
}

// openAICall is what only OpenAI knows of a call.
type openAICall struct {
	responses bool // the Responses API
	usage     bool // stream_options.include_usage
	encrypted bool // include reasoning.encrypted_content
	imageURL  bool // images are answered by URL
	operation func(*openAIStore) (reply, *problem)
}

func (*openAI) authorized(r *http.Request) bool {
	key, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	return ok && key != ""
}

func (w *openAI) parse(r *http.Request, body []byte) (question, *problem) {
	q := question{id: identify(r.URL.Path, body)}
	path, ok := strings.CutPrefix(r.URL.EscapedPath(), "/v1/")
	if !ok {
		return q, nowhere()
	}
	steps := strings.Split(path, "/")
	for i := range steps {
		steps[i], _ = url.PathUnescape(steps[i]) // it was escaped well: url.Parse took it
	}
	switch steps[0] {
	case "files":
		q.kind = ai.KindFile
		return q, q.readFiles(r, steps[1:], body)
	case "fine_tuning":
		q.kind = ai.KindFineTuning
		return q, q.readFineTuning(r, steps[1:], body)
	}
	var p *problem
	switch path {
	case "chat/completions":
		q.kind = ai.KindText
		p = q.readChat(body)
	case "responses":
		q.kind = ai.KindText
		p = q.readResponses(body)
	case "embeddings":
		q.kind = ai.KindEmbedding
		p = q.readEmbeddings(body)
	case "images/generations":
		q.kind = ai.KindImageGeneration
		p = q.readImages(body)
	default:
		return q, nowhere()
	}
	switch {
	case r.Method != http.MethodPost:
		return q, notAllowed("POST")
	case p == nil && q.model == "":
		return q, wrong("model", "The parameter 'model' is missing.")
	}
	return q, p
}

// answer answers a question, or does what is asked with what is stored.
func (w *openAI) answer(q question) (reply, *problem) {
	switch {
	case q.openAI.operation != nil:
		out, p := q.openAI.operation(&w.store)
		if p != nil {
			return reply{}, p
		}
		return w.identified(q, out), nil
	case q.kind == ai.KindEmbedding:
		return w.vectors(q), nil
	}
	a, err := q.respond()
	if err != nil {
		return reply{}, &problem{code: ai.CodeInvalidRequest, param: "messages", message: err.Error() + "."}
	}
	return w.write(q, a), nil
}

// write writes an answer as the API that was called does.
func (w *openAI) write(q question, a said) reply {
	var out reply
	switch {
	case q.kind == ai.KindImageGeneration:
		out = w.pictures(q, a)
	case q.openAI.responses && q.stream:
		out = streamed(responseEvents(q, a), "\n")
	case q.openAI.responses:
		out = marshal(http.StatusOK, plainJSON, responseOf(q, a))
	case q.stream:
		out = streamed(chatChunks(q, a), "\n")
	default:
		out = marshal(http.StatusOK, plainJSON, completionOf(q, a))
	}
	return w.identified(q, out)
}

func (*openAI) identified(q question, out reply) reply {
	out.header.Set("X-Request-Id", "req_"+q.id)
	return out
}

// callID returns the ID of the call of that index.
func (q question) callID(a said, i int) string {
	if id := a.calls[i].ID; id != "" {
		return id
	}
	return "call_" + q.id + "_" + string(rune('a'+i%26))
}

// texts is one text or a list of them.
type texts []string

// UnmarshalJSON takes a text for a list of one.
func (t *texts) UnmarshalJSON(data []byte) error {
	if bytes.HasPrefix(data, []byte("[")) {
		return json.Unmarshal(data, (*[]string)(t))
	}
	var text *string
	if err := json.Unmarshal(data, &text); err != nil {
		return err
	}
	if text != nil {
		*t = texts{*text}
	}
	return nil
}

// say adds a text to the question, or to its context.
func (q *question) say(text string, asks bool) {
	switch {
	case !asks:
		q.ask.ContextTokens += emulate.Tokens(text)
	case q.ask.Prompt == "":
		q.ask.Prompt = text
	default:
		q.ask.Prompt += "\n\n" + text
	}
}

// show adds an image, given as an address or a data URL.
func (q *question) show(address string) *problem {
	if isWeb(address) {
		q.ask.Images = append(q.ask.Images, emulate.Image{URL: address})
	} else {
		mediaType, data, ok := dataURL(address)
		if !ok || !strings.HasPrefix(mediaType, "image/") {
			return wrong("", "The image is neither an http address nor a data URL in base64.")
		}
		q.ask.Images = append(q.ask.Images, emulate.Image{Data: data})
	}
	q.kind = ai.KindImage
	return nil
}

// attach adds a PDF, given as an address, the ID of a file, or a data URL with
// the file's name.
func (q *question) attach(address, id, data, name string) *problem {
	switch {
	case address != "" && isWeb(address):
		q.ask.Documents = append(q.ask.Documents, emulate.Document{URL: address})
		return nil
	case id != "":
		q.ask.Documents = append(q.ask.Documents, emulate.Document{URL: id})
		return nil
	}
	mediaType, pdf, ok := dataURL(data)
	switch {
	case !ok || mediaType != "application/pdf":
		return wrong("", "The file is no data URL of a PDF in base64.")
	case name == "":
		return wrong("", "The file has no name.")
	}
	q.ask.Documents = append(q.ask.Documents, emulate.Document{Data: pdf})
	return nil
}

func isWeb(address string) bool {
	return strings.HasPrefix(address, "https://") || strings.HasPrefix(address, "http://")
}

func dataURL(address string) (mediaType string, data []byte, ok bool) {
	head, encoded, ok := strings.Cut(address, ";base64,")
	mediaType, isData := strings.CutPrefix(head, "data:")
	data, err := base64.StdEncoding.DecodeString(encoded)
	return mediaType, data, ok && isData && err == nil
}
