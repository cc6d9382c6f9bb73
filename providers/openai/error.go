package openai

import (
	"context"
	"strings"
	"time"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/internal/transport"
)

// ended returns the error of a context that has ended already: nothing is sent
// then.
func ended(ctx context.Context, model string) error {
	if ctx.Err() == nil {
		return nil
	}
	e := &ai.Error{Provider: providerName, Model: model}
	e.Code, e.Cause = transport.NetworkError(ctx, nil)
	return e
}

// failure says what went wrong with the exchange.
func (c *call) failure(ctx context.Context, model string) *ai.Error {
	status := c.exchange.Status
	answered := status/100 == 2
	e := new(ai.Error)
	switch {
	case ctx.Err() != nil, c.err != nil && status < 400:
		e.Code, e.Cause = transport.NetworkError(ctx, c.err)
		if answered && e.Code == ai.CodeUnavailable {
			e.Code = ai.CodeBadResponse
		}
		if e.Cause != nil && (e.Code == ai.CodeBadResponse || e.Code == ai.CodeUnavailable) {
			e.Detail = e.Cause.Error()
		}
	case status == 0:
		e.Code, e.Detail = ai.CodeInvalidRequest, "the request cannot be written"
	case answered:
		e.Code, e.Detail = ai.CodeBadResponse, "the response is not of the documented shape"
	default:
		e = c.refusal()
	}
	return c.locate(e, model)
}

// noAnswer is the error of a success that holds nothing, or an error object.
func (c *call) noAnswer(model, detail string) *ai.Error {
	if e := c.refusal(); e.Code != "" {
		return c.locate(e, model)
	}
	return c.locate(&ai.Error{Code: ai.CodeBadResponse, Detail: detail}, model)
}

// locate completes an error with where it happened.
func (c *call) locate(e *ai.Error, model string) *ai.Error {
	e.Provider, e.Model = providerName, model
	e.Status, e.RequestID = c.exchange.Status, transport.RequestID(c.exchange.Header)
	return e
}

// refusal reads why the service refused. The Code is empty when a success
// holds no error.
func (c *call) refusal() *ai.Error {
	w := readErrorBody(c.body.Bytes())
	e := new(ai.Error)
	e.Code, e.Detail = w.reason(c.exchange.Status)
	if e.Code == "" {
		return e
	}
	e.RetryAfter = transport.RetryAfter(c.exchange.Header, time.Now())
	if e.RetryAfter == 0 && e.Code == ai.CodeRateLimited {
		e.RetryAfter = namedWait(string(w.Message))
	}
	return e
}

// reason returns what an error means. Its own words beat the status, and what
// they leave open the status decides.
func (w *errorBody) reason(status int) (ai.Code, string) {
	for _, word := range [...]word{w.InnerError.Code, w.Code, w.Type} {
		if code, detail := meaning(strings.ToLower(string(word))); code != "" {
			if code == ai.CodeRateLimited && strings.Contains(w.said(), "request too large") {
				return ai.CodeTooLarge, "the request is larger than a whole minute's tokens"
			}
			return code, detail
		}
	}
	if code, detail := w.phrased(); code != "" {
		return code, detail
	}
	if w.perDay() {
		return ai.CodeQuotaExhausted, "the day's quota is used up"
	}
	if status/100 == 2 {
		return w.disguised()
	}
	code := transport.CodeOfStatus(status)
	if field := parameter(string(w.Param)); field != "" && code == ai.CodeInvalidRequest {
		return code, "the service refused " + field
	}
	return code, ""
}

// disguised is the meaning of an error that came with a successful status; the
// Code is empty when the body holds no error.
func (w *errorBody) disguised() (ai.Code, string) {
	const detail = "an error came as a success"
	switch {
	case !w.found:
		return "", ""
	case w.Code.status() != 0:
		return transport.CodeOfStatus(w.Code.status()), detail
	case w.Type == "invalid_request_error":
		return ai.CodeInvalidRequest, detail
	case w.Type.faults() || w.Code.faults():
		return ai.CodeUnavailable, detail
	}
	return ai.CodeBadResponse, detail
}

// namedWait reads the wait that OpenAI names in the message of a rate limit,
// often nowhere else: "Please try again in 1.78s."
func namedWait(message string) time.Duration {
	for _, phrase := range [...]string{"ry again in ", "retry after ", "retry in "} {
		_, rest, _ := strings.Cut(message, phrase)
		if f := strings.Fields(rest); len(f) > 0 {
			value := strings.TrimRight(f[0], ".,")
			if len(f) > 1 && strings.HasPrefix(f[1], "second") {
				value += "s"
			}
			if d, err := time.ParseDuration(value); err == nil {
				return transport.Clamp(d)
			}
		}
	}
	return 0
}

// parameter returns the ai.Request's name of a parameter on the wire. Only
// these names are shown: what stands in the field is the service's own text.
func parameter(param string) string {
	name, _, _ := strings.Cut(param, "[")
	switch name {
	case "model":
		return "Model"
	case "messages":
		return "Prompt, Instruction or History"
	case "max_tokens", "max_completion_tokens", "max_output_tokens":
		return "MaxTokens"
	case "temperature":
		return "Temperature"
	case "stop":
		return "Stop"
	case "seed":
		return "Seed"
	case "input":
		return "Inputs"
	case "dimensions":
		return "Dimensions"
	case "reasoning_effort", "reasoning.effort", "reasoning":
		return "Effort or ReasoningEffort"
	case "response_format", "text.format", "text.format.schema":
		return "Schema"
	case "tools":
		return "Tools"
	case "tool_choice":
		return "ToolChoice"
	case "size":
		return sizeField
	}
	return ""
}

const (
	sizeField   = "Output"
	refusedSize = "the service refused " + sizeField
)
