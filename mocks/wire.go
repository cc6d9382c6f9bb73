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
}

// question is a call, whatever provider it was meant for.
type question struct {
	kind  ai.Kind
	model string
	id    string // of the answer; the same question has the same

	ask emulate.Question // text and image

	inputs     []string // embedding
	dimensions int
	base64     bool // OpenAI's encoding_format
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

// reply is an HTTP response.
type reply struct {
	status int
	header http.Header
	body   []byte
}

// marshal makes a reply of JSON. What it is given always marshals.
func marshal(status int, contentType string, v any) reply {
	body, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("mocks: cannot marshal a %T: %v", v, err))
	}
	header := http.Header{}
	header.Set("Content-Type", contentType)
	return reply{status: status, header: header, body: body}
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
