package openai_test

import (
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"testing/iotest"
	"time"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/internal/wiretest"
	"github.com/finbrain/ai/providers/openai"
)

func TestEveryRefusalHasItsCode(t *testing.T) {
	const invalid = "invalid_request_error"
	for _, c := range []struct {
		status int
		body   string
		code   ai.Code
	}{
		// By status alone.
		{400, `{}`, ai.CodeInvalidRequest}, {401, ``, ai.CodeAuthentication}, {402, `{"detail":"pay"}`, ai.CodeQuotaExhausted},
		{403, `[]`, ai.CodeNotAvailable}, {404, `<html>`, ai.CodeNotAvailable}, {405, `null`, ai.CodeInvalidRequest},
		{408, `"x"`, ai.CodeTimeout}, {409, `{"error":null}`, ai.CodeUnavailable}, {413, `<html>`, ai.CodeTooLarge},
		{415, `{"error":"x"}`, ai.CodeInvalidRequest}, {422, `{"detail":[{"msg":"x"}]}`, ai.CodeInvalidRequest},
		{429, ``, ai.CodeRateLimited}, {500, `{"error":{}}`, ai.CodeUnavailable}, {502, `<html>`, ai.CodeUnavailable},
		{503, ``, ai.CodeUnavailable}, {504, ``, ai.CodeTimeout}, {520, ``, ai.CodeUnavailable}, {529, ``, ai.CodeUnavailable},
		{300, ``, ai.CodeBadResponse}, {304, ``, ai.CodeBadResponse}, {307, ``, ai.CodeBadResponse},
		{500, refused("x", "server_error", `null`), ai.CodeUnavailable},
		{400, refused("x", invalid, `"unsupported_value"`), ai.CodeInvalidRequest},
		{503, refused("overloaded", "service_unavailable", `"slow_down"`), ai.CodeUnavailable},
		// The reason beats the status.
		{429, refused("x", "insufficient_quota", `"insufficient_quota"`), ai.CodeQuotaExhausted},
		{429, refused("x", "insufficient_quota", `null`), ai.CodeQuotaExhausted},
		{403, refused("x", "insufficient_quota", `"insufficient_quota"`), ai.CodeQuotaExhausted},
		{400, refused("x", invalid, `"billing_hard_limit_reached"`), ai.CodeQuotaExhausted},
		{429, refused("x", "tokens", `"rate_limit_exceeded"`), ai.CodeRateLimited},
		{429, refused("x", "requests", `"rate_limit_exceeded"`), ai.CodeRateLimited},
		{429, refused("Request too large for gpt-4o on tokens per min", "tokens", `"rate_limit_exceeded"`), ai.CodeTooLarge},
		{413, refused("Request too large for llama on tokens per minute", "tokens", `"rate_limit_exceeded"`), ai.CodeTooLarge},
		{400, refused("x", invalid, `"context_length_exceeded"`), ai.CodeContextLength},
		{400, refused("This model's maximum context length is 4096 tokens.", "BadRequestError", `400`), ai.CodeContextLength},
		{400, refused("x", invalid, `"string_above_max_length"`), ai.CodeTooLarge},
		{400, refused("x", "image_generation_user_error", `"content_policy_violation"`), ai.CodeContentFiltered},
		{400, refused("x", invalid, `"invalid_prompt"`), ai.CodeContentFiltered},
		{400, refused("x", "", `"content_filter"`), ai.CodeContentFiltered},
		{400, `{"error":{"message":"x","code":null,"innererror":{"code":"ResponsibleAIPolicyViolation"}}}`, ai.CodeContentFiltered},
		{404, refused("x", invalid, `"model_not_found"`), ai.CodeNotAvailable},
		{400, refused("x", invalid, `"model_not_found"`), ai.CodeNotAvailable},
		{404, refused("x", "", `"DeploymentNotFound"`), ai.CodeNotAvailable},
		{403, refused("x", "request_forbidden", `"unsupported_country_region_territory"`), ai.CodeNotAvailable},
		{401, refused("x", invalid, `"invalid_api_key"`), ai.CodeAuthentication},
		{400, refused("x", invalid, `"invalid_api_key"`), ai.CodeAuthentication},
		{400, refused("Invalid content type. image_url is only supported by certain models.", invalid, `null`), ai.CodeUnsupported},
		{400, refused("x is not a multimodal model", "BadRequestError", `400`), ai.CodeUnsupported},
		{400, refused("x", invalid, `"invalid_image_url"`), ai.CodeInvalidRequest},
		{400, refused("x", invalid, `"image_parse_error"`), ai.CodeInvalidRequest},
		{400, refused("Invalid 'input[0]': maximum input length is 8192 tokens.", invalid, `null`), ai.CodeContextLength},
		{400, refused("x", "max_tokens_per_request", `"max_tokens_per_request"`), ai.CodeTooLarge},
		{400, refused("Could not finish the message because max_tokens or model output limit was reached.", invalid, `null`), ai.CodeMaxTokens},
		{429, refused("That model is currently overloaded with other requests.", "server_error", `null`), ai.CodeUnavailable},
		{429, refused("x", "access_terminated", `"access_terminated"`), ai.CodeAuthentication},
		{524, ``, ai.CodeTimeout},
		// Words and phrases of compatible servers.
		{400, refused("x", "exceed_context_size_error", `400`), ai.CodeContextLength},
		{400, refused("loaded with context length of only 7866 tokens", "", `null`), ai.CodeContextLength},
		{400, refused("is longer than the maximum model length of 4096", "BadRequestError", `400`), ai.CodeContextLength},
		{400, refused("Incorrect API key provided: sk-canary", "", `null`), ai.CodeAuthentication},
		{429, refused("Your team has used all available credits", "", `null`), ai.CodeQuotaExhausted},
		{403, refused("Out of call volume quota", "", `"403"`), ai.CodeQuotaExhausted},
		{429, refused("Rate limit exceeded: free-models-per-day", "", `429`), ai.CodeQuotaExhausted},
		{429, refused("x", "exceeded_current_quota_error", `null`), ai.CodeQuotaExhausted},
		{400, refused("x", "Arrearage", `"Arrearage"`), ai.CodeQuotaExhausted},
		{400, refused("x", invalid, `"model_decommissioned"`), ai.CodeNotAvailable},
		{400, refused("Model Not Exist", invalid, `"invalid_request_error"`), ai.CodeNotAvailable},
		{400, refused("x is not a valid model ID", "", `400`), ai.CodeNotAvailable},
		{404, refused("No endpoints found that support image input", "", `404`), ai.CodeUnsupported},
		{500, refused("image input is not supported", "server_error", `500`), ai.CodeUnsupported},
		{501, refused("x", "not_supported_error", `501`), ai.CodeUnsupported},
		{400, refused("Invalid value: 'file'. Supported values are: 'text' and 'image_url'.", "invalid_request_error", `"invalid_value"`), ai.CodeUnsupported},
		{400, refused("Unsupported chat content part type: 'file'.", "BadRequestError", `400`), ai.CodeUnsupported},
		{400, refused("registry.ollama.ai/library/llama2:13b does not support tools", "api_error", `null`), ai.CodeUnsupported},
		{400, refused("\"auto\" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set", "BadRequestError", `400`), ai.CodeUnsupported},
		{400, refused("Invalid parameter: 'response_format' of type 'json_schema' is not supported with this model.", "invalid_request_error", `null`), ai.CodeUnsupported},
		{400, refused("This response_format type is unavailable now", "invalid_request_error", `"invalid_request_error"`), ai.CodeUnsupported},
		{400, refused("The model does not support embeddings", "", `null`), ai.CodeUnsupported},
		{400, refused("x", "data_inspection_failed", `"data_inspection_failed"`), ai.CodeContentFiltered},
		{403, refused("Your input was flagged", "", `403`), ai.CodeContentFiltered},
		{429, refused("x", "engine_overloaded_error", `null`), ai.CodeUnavailable},
		{498, refused("x", "capacity_exceeded", `"capacity_exceeded"`), ai.CodeUnavailable},
		// Shapes of compatible servers.
		{400, `{"object":"error","message":"x is not a multimodal model None","type":"BadRequestError","code":400}`, ai.CodeUnsupported},
		{400, `[{"error":{"code":400,"message":"x","status":"INVALID_ARGUMENT"}}]`, ai.CodeInvalidRequest},
		{429, `[{"error":{"code":"insufficient_quota"}}]`, ai.CodeQuotaExhausted},
		{429, `[{"error":{"code":429,"message":"Please retry in 34.07s.","status":"RESOURCE_EXHAUSTED","details":[
			{"@type":"type.googleapis.com/google.rpc.QuotaFailure","violations":[{"quotaId":"GenerateRequestsPerMinutePerProject"},{"quotaId":"GenerateRequestsPerDayPerProjectPerModel-FreeTier"}]},
			{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"34s"}]}}]`, ai.CodeQuotaExhausted},
		{429, `[{"error":{"code":429,"details":[{"violations":[{"quotaId":"GenerateRequestsPerMinutePerProject"}]},7]}}]`, ai.CodeRateLimited},
		{429, `{"error":{"code":"rate_limit_exceeded","details":"PerDay"}}`, ai.CodeRateLimited},
		{400, `{"error":{"code":"contentFilter","message":"Your task failed as a result of our safety system."}}`, ai.CodeContentFiltered},
		{400, `{"error":{"message":["a","b"],"type":7,"param":{},"code":"context_length_exceeded","innererror":"x"}}`, ai.CodeContextLength},
		{400, `{"error":{"code":"context_length_exceeded"`, ai.CodeInvalidRequest},
	} {
		for _, req := range []*ai.Request{ai.Text("x"), ai.ImageAnalysis("x", ai.ImageBytes(png)), ai.Embedding("x")} {
			_, err := provider(t, wiretest.Answering(c.status, c.body, "X-Request-Id", "req_1")).Analyze(t.Context(), req)
			e := asError(t, err)
			if e.Code != c.code || e.Status != c.status || e.RequestID != "req_1" || e.Model == "" {
				t.Errorf("%d %s: %#v, want %q", c.status, c.body, e, c.code)
			}
		}
	}
}

func TestAWaitHintIsHandedOn(t *testing.T) {
	limited := func(message string) string { return refused(message, "tokens", `"rate_limit_exceeded"`) }
	for _, c := range []struct {
		body    string
		headers []string
		want    time.Duration
	}{
		{limited("x"), nil, 0},
		{limited("x"), []string{"Retry-After", "7"}, 7 * time.Second},
		{limited("x"), []string{"Retry-After", "7", "Retry-After-Ms", "250"}, 250 * time.Millisecond},
		{limited("Limit 30000. Please try again in 1.78s. Visit https://example.com"), nil, 1780 * time.Millisecond},
		{limited("Please try again in 174ms."), nil, 174 * time.Millisecond},
		{limited("Please try again in 6m0s."), nil, 6 * time.Minute},
		{limited("Please try again in 9000h."), nil, 24 * time.Hour},
		{limited("Please try again in -5s."), nil, 0},
		{limited("Please try again in a while."), nil, 0},
		{limited("Please retry after 24 seconds."), nil, 24 * time.Second},
		{limited("Try again in 17 seconds."), nil, 17 * time.Second},
		{limited("Please retry in 17.1s."), nil, 17100 * time.Millisecond},
		{limited("Please try again in 20s."), []string{"Retry-After", "7"}, 7 * time.Second},
		{refused("try again in 20s.", "insufficient_quota", `null`), nil, 0},
		{refused("x", "insufficient_quota", `null`), []string{"Retry-After", "3600"}, time.Hour},
		{`{}`, []string{"Retry-After", "1e300"}, 24 * time.Hour},
		{`{}`, []string{"Retry-After", "NaN"}, 0},
	} {
		_, err := provider(t, wiretest.Answering(429, c.body, c.headers...)).Analyze(t.Context(), ai.Text("x"))
		if e := asError(t, err); e.RetryAfter != c.want {
			t.Errorf("%s %v: %v, want %v", c.body, c.headers, e.RetryAfter, c.want)
		}
	}
}

// A refusal is as long as the limit allows. To read it costs a few times that, not
// as many times as there are phrases to look for.
func TestALongRefusalIsCheap(t *testing.T) {
	const size = 4 << 20
	p := provider(t, wiretest.Answering(400, refused("This model's maximum context length is 7."+strings.Repeat(" AbC", size/4), "x", "null")))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := p.Analyze(t.Context(), ai.Text("x"))
	runtime.ReadMemStats(&after)
	if took := after.TotalAlloc - before.TotalAlloc; ai.CodeOf(err) != ai.CodeContextLength || took > 20*size {
		t.Errorf("%v took %d MiB", err, took>>20)
	}
}

func TestANetworkFailureHasItsCodeAndCause(t *testing.T) {
	cut := func(status int, err error) *wiretest.Wire {
		return &wiretest.Wire{Answer: func(*http.Request) (*http.Response, error) {
			half := answer("x")[:40]
			return wiretest.Stream(status, io.MultiReader(strings.NewReader(half), iotest.ErrReader(err)), "Retry-After", "3"), nil
		}}
	}
	for name, c := range map[string]struct {
		w      *wiretest.Wire
		code   ai.Code
		cause  error
		status int
	}{
		"refused":         {wiretest.Failing(&net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}), ai.CodeUnavailable, syscall.ECONNREFUSED, 0},
		"reset":           {wiretest.Failing(syscall.ECONNRESET), ai.CodeUnavailable, syscall.ECONNRESET, 0},
		"closed":          {wiretest.Failing(io.EOF), ai.CodeUnavailable, io.EOF, 0},
		"time limit":      {wiretest.Failing(os.ErrDeadlineExceeded), ai.CodeTimeout, os.ErrDeadlineExceeded, 0},
		"unknown":         {wiretest.Failing(errors.New("x")), ai.CodeUnavailable, nil, 0},
		"cut short":       {cut(200, io.ErrUnexpectedEOF), ai.CodeBadResponse, io.ErrUnexpectedEOF, 200},
		"broken off":      {cut(200, syscall.ECONNRESET), ai.CodeBadResponse, syscall.ECONNRESET, 200},
		"slow body":       {cut(200, os.ErrDeadlineExceeded), ai.CodeTimeout, os.ErrDeadlineExceeded, 200},
		"cut error":       {cut(429, io.ErrUnexpectedEOF), ai.CodeRateLimited, nil, 429},
		"cut other error": {cut(503, io.ErrUnexpectedEOF), ai.CodeUnavailable, nil, 503},
		"redirect":        {wiretest.Answering(307, "", "Location", "https://elsewhere.example.com"), ai.CodeBadResponse, nil, 307},
	} {
		for _, req := range []*ai.Request{ai.Text("x"), ai.Embedding("x")} {
			_, err := provider(t, c.w).Analyze(t.Context(), req)
			e := asError(t, err)
			if e.Code != c.code || e.Status != c.status || c.cause != nil && !errors.Is(err, c.cause) {
				t.Errorf("%s: %#v", name, e)
			}
			if (e.RetryAfter != 0) != (c.status >= 400) {
				t.Errorf("%s: retry after %v", name, e.RetryAfter)
			}
		}
		if sent := c.w.Requests(); len(sent) != 2 {
			t.Errorf("%s: %d requests for 2 calls", name, len(sent))
		}
	}
}

// The library refuses these by the names of the models; the service knows more.
func TestNoRequestIsRefusedForTheNameOfItsModel(t *testing.T) {
	tool := []ai.Tool{{Name: "f"}}
	for name, c := range map[string]struct {
		change func(*openai.Config)
		req    *ai.Request
	}{
		"max tokens": {func(c *openai.Config) { c.LegacyMaxTokens = true }, &ai.Request{Prompt: "x", MaxTokens: 3}},
		"effort":     {func(c *openai.Config) { c.ReasoningEffort = "minimal" }, &ai.Request{Prompt: "x", Model: "gpt-6-sol"}},
		"old model":  {func(*openai.Config) {}, &ai.Request{Prompt: "x", Model: "text-davinci-003"}},
		"sampling":   {func(*openai.Config) {}, &ai.Request{Prompt: "x", Model: "gpt-6-luna", Temperature: new(0.5)}},
		"tools":      {func(*openai.Config) {}, &ai.Request{Prompt: "x", Model: "o3", Tools: tool, Temperature: new(0.5)}},
	} {
		w := wiretest.Answering(200, answer("x"))
		if _, err := provider(t, w, c.change).Analyze(t.Context(), c.req); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		w.Only(t)
	}
}

func TestARefusedParameterIsNamedInOurWords(t *testing.T) {
	for param, want := range map[string]string{
		"temperature": "Temperature", "max_completion_tokens": "MaxTokens", "messages[3].content": "Prompt", "dimensions": "Dimensions",
		"response_format": "Schema", "tools[0].function.parameters": "Tools", "tool_choice": "ToolChoice", "reasoning_effort": "Effort",
		"canary": "", "": "",
	} {
		body := `{"error":{"message":"x","type":"invalid_request_error","param":` + quote(param) + `,"code":"invalid_value"}}`
		_, err := provider(t, wiretest.Answering(400, body)).Analyze(t.Context(), ai.Text("x"))
		e := asError(t, err)
		if !strings.Contains(e.Detail, want) || (want == "") != (e.Detail == "") || strings.Contains(e.Detail, "canary") {
			t.Errorf("%s: %q", param, e.Detail)
		}
	}
}
