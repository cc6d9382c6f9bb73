package mocks

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

var paths = map[string]func() *Server{
	"/v1/chat/completions":                           NewOpenAI,
	"/v1/embeddings":                                 NewOpenAI,
	"/v1/responses":                                  NewOpenAI,
	"/v1/images/generations":                         NewOpenAI,
	"/v1/files":                                      NewOpenAI,
	"/v1/fine_tuning/jobs":                           NewOpenAI,
	"/v1beta/models/m:generateContent":               NewGemini,
	"/v1beta/models/m:streamGenerateContent?alt=sse": NewGemini,
	"/v1beta/models/m:batchEmbedContents":            NewGemini,
}

func serve(s *Server, path, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer any")
	r.Header.Set("X-Goog-Api-Key", "any")
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

func TestABodyOverTheLimitIsRefused(t *testing.T) {
	for path, fake := range paths {
		s := fake()
		s.maxBody = 100
		w := serve(s, path, strings.Repeat(" ", 101))
		if w.Code != http.StatusRequestEntityTooLarge && !strings.Contains(w.Body.String(), "payload size exceeds") {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
		if n := len(s.Calls()[0].Body); n > 100 {
			t.Errorf("%s: %d bytes kept", path, n)
		}
		_ = s.Close()
	}
}

func FuzzAnyBodyGetsJSON(f *testing.F) {
	f.Add(`{"model":"m","messages":[{"role":"user","content":[{"type":"text","text":"a"},{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}}]}]}`)
	f.Add(`{"model":"m","messages":[{"role":"user","content":null}],"stop":null,"max_tokens":1}`)
	f.Add(`{"model":"m","input":["a","b"],"dimensions":3,"encoding_format":"base64"}`)
	f.Add(`{"contents":[{"parts":[{"text":"a"},{"inlineData":{"mimeType":"image/gif","data":"AAAA"}}]}]}`)
	f.Add(`{"requests":[{"model":"models/m","content":{"parts":[{"text":"a"}]},"outputDimensionality":2}]}`)
	f.Add(`{"model":"m","stream":true,"stream_options":{"include_usage":true},"messages":[{"role":"user","content":"a b"}],"tools":[{"function":{"name":"f"}}],"tool_choice":"required"}`)
	f.Add(`{"model":"m","messages":[{"role":"user","content":[{"type":"file","file":{"filename":"a","file_data":"data:application/pdf;base64,AAAA"}}]}],"response_format":{"type":"json_schema","json_schema":{"name":"n","strict":true,"schema":{"type":"object","properties":{"a":{"$ref":"#"}},"required":["a"],"additionalProperties":false}}}}`)
	f.Add(`{"model":"m","stream":true,"input":[{"role":"user","content":"a"},{"type":"function_call","call_id":"c","name":"f","arguments":"{}"},{"type":"function_call_output","call_id":"c","output":"r"}]}`)
	f.Add(`{"model":"m","prompt":"a","size":"16x16","n":2,"output_format":"webp"}`)
	f.Add(`{"contents":[{"parts":[{"text":"a"}]}],"generationConfig":{"responseModalities":["IMAGE"]}}`)
	f.Add(`[]`)
	f.Fuzz(func(t *testing.T, body string) {
		for path, fake := range paths {
			s := fake()
			w := serve(s, path, body)
			if w.Code != http.StatusOK && w.Code != http.StatusBadRequest {
				t.Errorf("%s: %d %s", path, w.Code, w.Body)
			}
			for _, data := range documents(w) {
				if !json.Valid([]byte(data)) && data != "[DONE]" {
					t.Errorf("%s: %d %s", path, w.Code, data)
				}
			}
			_ = s.Close()
		}
	})
}

// documents returns the JSON texts of a response: its body, or the events of a
// stream.
func documents(w *httptest.ResponseRecorder) []string {
	if w.Header().Get("Content-Type") != eventStream {
		return []string{w.Body.String()}
	}
	var found []string
	for line := range strings.Lines(w.Body.String()) {
		if data, ok := strings.CutPrefix(line, "data: "); ok {
			found = append(found, strings.TrimRight(data, "\r\n"))
		}
	}
	return found
}
