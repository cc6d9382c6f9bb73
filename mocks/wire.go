package mocks

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"net/http"
	"time"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/mocks/internal/emulate"
)

// wire is the format one provider speaks.
type wire interface {
	// parse reads a call. What could be read of it is returned with a problem
	// too; its kind is zero when the provider knows no such path.
	parse(r *http.Request, body []byte) (question, *problem)
	// authorized reports whether the call carries a key.
	authorized(r *http.Request) bool
	// answer emulates the provider's answer.
	answer(q question) (reply, *problem)
	// refuse writes a problem as the provider would; some are answers that
	// hold no text, and answer a question.
	refuse(q question, p *problem) reply
	// failure writes a problem as an event of a stream.
	failure(q question, p *problem) chunk
}

// question is a call, whatever provider it was meant for.
type question struct {
	kind  ai.Kind
	model string
	id    string // of the answer; the same question has the same

	ask      emulate.Question // text and image
	stream   bool
	forced   *tool           // the tool that must be called
	schema   json.RawMessage // that a text is to follow as JSON; nil is none
	picture  picture         // image generation
	scripted Answer          // in place of an emulation

	inputs     []string // embedding
	dimensions int
	base64     bool // OpenAI's encoding_format

	openAI openAICall // what only OpenAI knows
}

// tool is a function that the model may call.
type tool struct {
	name       string
	parameters json.RawMessage
}

// picture is an image asked for.
type picture struct {
	prompt        string
	width, height int
	mediaType     string
	count         int
}

// problem is why a call gets no answer.
type problem struct {
	code       ai.Code
	status     int           // 0 is what the provider sends for the code
	message    string        // likewise ""
	param      string        // OpenAI's name of the offending field
	retryAfter time.Duration // 0 is no hint
	anonymous  bool          // there was no key; otherwise it is a wrong one
}

// wrong is the problem of a malformed call.
func wrong(param, message string) *problem {
	return &problem{code: ai.CodeInvalidRequest, param: param, message: message}
}

// reply is an HTTP response: a body, or the chunks of a stream.
type reply struct {
	status int
	header http.Header
	body   []byte

	chunks  []chunk
	failure chunk  // what Fail sends
	newline string // that ends the stream's lines
}

// streamed makes a reply of a stream's chunks.
func streamed(chunks []chunk, newline string) reply {
	header := http.Header{}
	header.Set("Content-Type", eventStream)
	return reply{status: http.StatusOK, header: header, chunks: chunks, newline: newline}
}

// marshal makes a reply of JSON. What it is given always marshals.
func marshal(status int, contentType string, v any) reply {
	body := mustMarshal(v)
	header := http.Header{}
	header.Set("Content-Type", contentType)
	return reply{status: status, header: header, body: body}
}

func mustMarshal(v any) []byte {
	data, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("mocks: cannot marshal a %T: %v", v, err))
	}
	return data
}

// identify returns an id for a call, which depends on nothing else.
func identify(path string, body []byte) string {
	h := fnv.New64a()
	_, _ = h.Write([]byte(path))
	_, _ = h.Write([]byte{0})
	_, _ = h.Write(body)
	return fmt.Sprintf("emulated-%016x", h.Sum64())
}

// embed returns one vector per input, and the tokens of all inputs.
func (q question) embed() (vectors [][]float32, tokens int) {
	vectors = make([][]float32, len(q.inputs))
	for i, text := range q.inputs {
		vectors[i] = emulate.Vector(text, q.dimensions)
		tokens += emulate.Tokens(text)
	}
	return vectors, tokens
}

// codeOfStatus returns what a status means when nothing else is said.
func codeOfStatus(status int) ai.Code {
	switch {
	case status == http.StatusUnauthorized:
		return ai.CodeAuthentication
	case status == http.StatusPaymentRequired:
		return ai.CodeQuotaExhausted
	case status == http.StatusNotFound:
		return ai.CodeNotAvailable
	case status == http.StatusRequestTimeout, status == http.StatusGatewayTimeout:
		return ai.CodeTimeout
	case status == http.StatusRequestEntityTooLarge:
		return ai.CodeTooLarge
	case status == http.StatusTooManyRequests:
		return ai.CodeRateLimited
	case status >= 500:
		return ai.CodeUnavailable
	default:
		return ai.CodeInvalidRequest
	}
}
