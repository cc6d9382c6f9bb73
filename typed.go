package ai

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"unicode"

	"github.com/google/jsonschema-go/jsonschema"
)

// MaxRepairs is how many times AnalyzeAs asks again after an answer that does
// not follow the schema.
const MaxRepairs = 1

// AnalyzeAs asks for an answer of the type T: a value that encoding/json reads,
// whose fields may be described to the model with `jsonschema:"…"` tags. Fields
// with omitempty or omitzero may be missing from the answer, no others.
//
// The JSON Schema of T is sent with a copy of the request, unless the request
// has a Schema of its own. The answer is checked against it; one that fails is
// sent back with the fault named, MaxRepairs times, and then the error is a
// *Error with CodeBadResponse whose Detail says what failed, beside the last
// response. Each asking is an ordinary Analyze of a, with fallbacks and all
// that a does; the response is that of the last.
//
// A response with ToolCalls is no answer yet: it comes back with the zero T and
// no error. An answer that the token limit cut is CodeMaxTokens. In a Schema of
// the request's own every "$ref" points into it ("#/$defs/…").
func AnalyzeAs[T any](ctx context.Context, a Analyzer, req *Request) (T, *Response, error) {
	var none T
	if req == nil {
		return none, nil, req.Validate()
	}
	form, err := formOf[T](req.Schema)
	if err != nil {
		return none, nil, err
	}
	ask := *req
	ask.Schema = form.schema
	for repairs := MaxRepairs; ; {
		resp, err := a.Analyze(ctx, &ask)
		if err != nil || len(resp.ToolCalls) > 0 {
			return none, resp, err
		}
		value, fault := readAs[T](form, resp)
		switch {
		case fault == nil:
			return value, resp, nil
		case resp.Source == SourceCache && !ask.Cache.Refresh:
			ask.Cache.Refresh = true // it would be as wrong tomorrow
		case repairs > 0 && fault.repairable && resp.Source != SourceStatic:
			repairs--
			ask = repair(&ask, resp.Text, fault.told)
		default:
			return none, resp, &Error{
				Code: fault.code, Detail: fault.detail, Provider: resp.Provider, Model: resp.Model,
				RequestID: resp.RequestID, Trail: resp.Trail,
			}
		}
	}
}

// form is what an answer has to look like.
type form struct {
	schema  json.RawMessage
	check   *jsonschema.Resolved
	wrapped bool // the value is the property "value" of an object
}

// formOf returns the form of T, or of the schema that the request brought.
func formOf[T any](own json.RawMessage) (*form, error) {
	f := &form{schema: own}
	s := new(jsonschema.Schema)
	if len(own) > 0 {
		if !isObject(own) || json.Unmarshal(own, s) != nil {
			return nil, invalid("Schema", "is no JSON Schema")
		}
		if err := checkReferences(own); err != nil {
			return nil, err
		}
	} else {
		var err error
		if s, err = jsonschema.For[T](nil); err != nil {
			return nil, invalid("T", "has no JSON Schema")
		}
		fillSlices(s)
		if f.wrapped = s.Type != "object"; f.wrapped { // which is all that providers take
			s = &jsonschema.Schema{
				Type: "object", Properties: map[string]*jsonschema.Schema{"value": s}, Required: []string{"value"},
				AdditionalProperties: &jsonschema.Schema{Not: &jsonschema.Schema{}},
			}
		}
		if f.schema, err = json.Marshal(s); err != nil {
			return nil, invalid("T", "has no JSON Schema")
		}
	}
	check, err := s.Resolve(nil)
	if err != nil {
		return nil, invalid("Schema", "cannot be resolved")
	}
	f.check = check
	return f, nil
}

// fillSlices asks for slices where the library, for Go may have a nil one, also
// allows null.
func fillSlices(s *jsonschema.Schema) {
	if s == nil {
		return
	}
	if slices.Equal(s.Types, []string{"null", "array"}) {
		s.Type, s.Types = "array", nil
	}
	for _, property := range s.Properties {
		fillSlices(property)
	}
	fillSlices(s.Items)
	fillSlices(s.AdditionalProperties)
}

// fault is what is wrong with an answer.
type fault struct {
	code       Code
	detail     string // without a word of the answer
	told       string // to the model, whose answer it was
	repairable bool
}

// readAs reads the answer as a T.
func readAs[T any](f *form, resp *Response) (value T, wrong *fault) {
	text := unfenced(resp.Text)
	var instance any
	if err := json.Unmarshal([]byte(text), &instance); err != nil {
		if resp.FinishReason == FinishLength {
			return value, &fault{code: CodeMaxTokens, detail: "the token limit cut the answer short"}
		}
		return value, &fault{
			code: CodeBadResponse, detail: "the answer is no JSON", told: "it is not valid JSON", repairable: true,
		}
	}
	if err := f.check.Validate(instance); err != nil {
		return value, &fault{
			code: CodeBadResponse, detail: "the answer does not follow the schema at " + place(err.Error()),
			told: err.Error(), repairable: true,
		}
	}
	if f.wrapped {
		var object struct{ Value json.RawMessage }
		if err := json.Unmarshal([]byte(text), &object); err == nil {
			text = string(object.Value)
		}
	}
	if err := json.Unmarshal([]byte(text), &value); err != nil {
		var zero T
		return zero, &fault{
			code: CodeBadResponse, detail: "the answer does not fit the Go type", told: err.Error(), repairable: true,
		}
	}
	return value, nil
}

// unfenced returns what stands within the code fence that some models put
// around JSON.
func unfenced(text string) string {
	text = strings.TrimSpace(text)
	if inner, ok := strings.CutPrefix(text, "```"); ok {
		if inner, ok = strings.CutSuffix(inner, "```"); ok {
			return strings.TrimSpace(strings.TrimPrefix(inner, "json"))
		}
	}
	return text
}

// place returns where in the schema an answer failed, and which keyword it
// broke: "/properties/ratio (type)". The library's message begins with these
// and goes on with a quotation of the answer, which errors must not.
func place(message string) string {
	path := "root"
	for {
		rest, ok := strings.CutPrefix(message, "validating ")
		if !ok {
			break
		}
		at, rest, ok := strings.Cut(rest, ": ")
		if !ok {
			return path
		}
		path, message = at, rest
	}
	keyword := message[:len(message)-len(strings.TrimLeftFunc(message, unicode.IsLetter))]
	if keyword == "unexpected" {
		keyword = "additionalProperties"
	}
	return path + " (" + keyword + ")"
}

// repair returns the request that sends an answer back.
func repair(req *Request, answer, fault string) Request {
	again := req.Continue(&Response{Text: answer})
	again.Prompt = "Your answer does not follow the JSON Schema: " + fault +
		". Answer again, with nothing but JSON that follows it."
	return *again
}
