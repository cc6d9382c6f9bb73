package mocks

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

var paths = map[string]func() *Server{
	openAIChat:                            NewOpenAI,
	openAIEmbeddings:                      NewOpenAI,
	"/v1beta/models/m:generateContent":    NewGemini,
	"/v1beta/models/m:batchEmbedContents": NewGemini,
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
	f.Add(`[]`)
	f.Fuzz(func(t *testing.T, body string) {
		for path, fake := range paths {
			s := fake()
			w := serve(s, path, body)
			if !json.Valid(w.Body.Bytes()) || w.Code != http.StatusOK && w.Code != http.StatusBadRequest {
				t.Errorf("%s: %d %s", path, w.Code, w.Body)
			}
			_ = s.Close()
		}
	})
}
