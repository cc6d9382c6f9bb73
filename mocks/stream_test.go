package mocks_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/mocks"
)

func ignore() {}

func TestAStreamIsTheAnswerInPieces(t *testing.T) {
	eachStreamer(t, func(t *testing.T, p streamer) {
		s := p.fake()
		defer s.Close()
		finish := map[string]string{"openai": "stop", "responses": "completed", "gemini": "STOP"}[p.name]
		s.Answer(
			mocks.Answer{Text: "Net debt fell to 612.", Chunks: 3, Usage: ai.Usage{InputTokens: 9, OutputTokens: 7, CachedTokens: 2, ReasoningTokens: 3}},
			mocks.Answer{Text: "Net debt fell."},
			mocks.Answer{Chunks: 4},
		)
		got := p.read(t.Context(), s.Client(), s.BaseURL(), ignore)
		if !slices.Equal(got.texts, []string{"Net deb", "t fell ", "to 612."}) || got.finish != finish || got.err != nil {
			t.Errorf("%+v", got)
		}
		if got.usage != "9 7 16 2 3" {
			t.Errorf("usage %s", got.usage)
		}
		got = p.read(t.Context(), s.Client(), s.BaseURL(), ignore)
		if !slices.Equal(got.texts, []string{"Net", " debt", " fell."}) {
			t.Errorf("words %q", got.texts)
		}
		got = p.read(t.Context(), s.Client(), s.BaseURL(), ignore)
		if len(got.texts) != 4 || !strings.HasPrefix(got.texts[0], "[emulated]") {
			t.Errorf("emulated %q", got.texts)
		}
		if x := s.Calls()[0]; !x.Stream || x.Kind != ai.KindText || x.Status != http.StatusOK {
			t.Errorf("%+v", x)
		}
	})
}

func TestAStreamCarriesToolCalls(t *testing.T) {
	eachStreamer(t, func(t *testing.T, p streamer) {
		s := p.fake()
		defer s.Close()
		s.Answer(mocks.Answer{ToolCalls: []ai.ToolCall{
			{ID: "call_1", Name: "price", Arguments: json.RawMessage(`{"isin":"DE0007164600"}`)},
			{ID: "call_2", Name: "today"},
		}})
		got := p.read(t.Context(), s.Client(), s.BaseURL(), ignore)
		want := []string{`call_1 price {"isin":"DE0007164600"}`, `call_2 today {}`}
		if p.name == "gemini" {
			want = []string{"call_1 price map[isin:DE0007164600]", "call_2 today map[]"}
		}
		if !slices.Equal(got.calls, want) || got.err != nil || len(got.texts) != 0 {
			t.Errorf("%+v", got)
		}
		if p.name == "openai" && got.finish != "tool_calls" {
			t.Errorf("finish %s", got.finish)
		}
	})
}

func TestEveryStreamFaultIsSeenByTheRealLibrary(t *testing.T) {
	const broken, deadline = "unexpected E", "context deadline exceeded"
	tests := []struct {
		name                      string
		fault                     mocks.Fault
		pieces                    int // that came
		finished                  bool
		openai, responses, gemini string // how it ended; "" without an error
	}{
		{"none", mocks.Fault{}, 5, true, "", "", ""},
		{"stall before the first", mocks.StallStream(0), 0, false, deadline, deadline, deadline},
		{"stall", mocks.StallStream(2), 2, false, deadline, deadline, deadline},
		{"stall before the end", mocks.StallStream(9), -1, false, deadline, deadline, deadline},
		{"cut", mocks.CutStream(2), 2, false, broken, broken, broken},
		{"cut by bytes", mocks.CutBody(), 0, false, broken, broken, "unexpected end of JSON"},
		{"ended", mocks.EndStream(2), 2, false, "", "", ""},
		{"failed", mocks.FailStream(2, ai.CodeUnavailable), 2, false, "cannot serve now", "server_error", "UNAVAILABLE"},
		{"failed at once", mocks.FailStream(0, ai.CodeQuotaExhausted), 0, false, "quota is used up", "insufficient_quota", "RESOURCE_EXHAUSTED"},
		{"no finish", mocks.NoFinish(), 5, false, "", "", ""},
		{"slow", mocks.SlowStream(time.Second), 5, true, "", "", ""},
		{"late end", mocks.LateEnd(time.Second), 5, true, "", "", ""},
		{"blank lines", mocks.BlankLines(5000), 5, true, "too many empty", "too many empty", ""},
		{"refused", mocks.Unavailable(), 0, false, "503", "503", "503"},
		{"malformed", mocks.Malformed(), -1, false, "invalid character", "invalid character", "invalid character"},
	}
	for _, tt := range tests {
		eachStreamer(t, func(t *testing.T, p streamer) {
			t.Run(tt.name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					s := p.fake()
					defer s.Close()
					s.Answer(mocks.Answer{Text: "one two three four five"})
					s.Script(tt.fault)
					ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
					defer cancel()
					got := p.read(ctx, s.Client(), s.BaseURL(), ignore)
					want := map[string]string{"openai": tt.openai, "responses": tt.responses, "gemini": tt.gemini}[p.name]
					if (got.err == nil) != (want == "") || got.err != nil && !strings.Contains(got.err.Error(), want) {
						t.Errorf("ended in %v, want %q", got.err, want)
					}
					if want == "too many empty" {
						return
					}
					if tt.pieces >= 0 && len(got.texts) != tt.pieces || (got.finish != "") != tt.finished {
						t.Errorf("%q, finish %q", got.texts, got.finish)
					}
				})
			})
		})
	}
}

func TestAStreamWithoutItsTerminatorLacksOnlyThat(t *testing.T) {
	eachStreamer(t, func(t *testing.T, p streamer) {
		s := p.fake()
		defer s.Close()
		s.Script(mocks.NoTerminator(), mocks.Fault{}, mocks.NoFinish())
		s.Answer(mocks.Answer{Text: "one two"}, mocks.Answer{Text: "one two"}, mocks.Answer{Text: "one two"})
		body := func() string { return raw(t, s, p) }
		lacks, whole, open := body(), body(), body()
		last := map[string]string{"openai": "data: [DONE]\n\n", "responses": "event: response.completed\n", "gemini": `"text":" two"`}[p.name]
		if strings.Contains(lacks, last) || !strings.HasPrefix(whole, lacks) || !strings.Contains(whole[len(lacks):], last) {
			t.Errorf("without its terminator %q\nof %q", lacks, whole)
		}
		if p.name != "responses" && !strings.Contains(open, last) {
			t.Errorf("without its finish reason %q", open)
		}
	})
}

// raw reads a stream as it comes.
func raw(t *testing.T, s *mocks.Server, p streamer) string {
	t.Helper()
	path, header, body := "/v1/chat/completions", "Authorization", `{"model":"m","stream":true,"messages":[{"role":"user","content":"x"}]}`
	switch p.name {
	case "responses":
		path, body = "/v1/responses", `{"model":"m","stream":true,"input":"x"}`
	case "gemini":
		path, header, body = "/v1beta/models/m:streamGenerateContent", "X-Goog-Api-Key", `{"contents":[{"parts":[{"text":"x"}]}]}`
	}
	base := strings.TrimSuffix(s.BaseURL(), "/v1")
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, base+path+"?alt=sse", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set(header, "Bearer any")
	resp, err := s.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if resp.Header.Get("Content-Type") != "text/event-stream" {
		t.Errorf("header %v", resp.Header)
	}
	return string(data)
}

func TestLinesThatTheFormatAllowsStandBetweenTheEvents(t *testing.T) {
	eachStreamer(t, func(t *testing.T, p streamer) {
		s := p.fake()
		defer s.Close()
		s.Script(mocks.Comments(), mocks.EventFields(), mocks.LongLine(9000))
		comments, fields, long := raw(t, s, p), raw(t, s, p), raw(t, s, p)
		if n, events := strings.Count(comments, ": keep-alive"), strings.Count(comments, "data: "); n != 2*events || n == 0 {
			t.Errorf("%d comments beside %d events", n, events)
		}
		for _, line := range []string{"id: 0", "id: 1", "retry: 3000", "event: "} {
			if !strings.Contains(fields, line) {
				t.Errorf("no line %q in %q", line, fields)
			}
		}
		if i := strings.IndexAny(long, "\r\n"); i != 9000 || long[0] != ':' {
			t.Errorf("a line of %d bytes", i)
		}
	})
}

func TestAnEndlessStreamEndsWithItsReader(t *testing.T) {
	eachStreamer(t, func(t *testing.T, p streamer) {
		synctest.Test(t, func(t *testing.T) {
			s := p.fake()
			defer s.Close()
			s.Script(mocks.EndlessStream())
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			pieces := 0
			got := p.read(ctx, s.Client(), s.BaseURL(), func() {
				if pieces++; pieces == 1000 {
					if s.Active() != 1 {
						t.Errorf("%d calls in progress", s.Active())
					}
					cancel()
				}
			})
			if got.err == nil || pieces < 1000 {
				t.Errorf("%d pieces, %v", pieces, got.err)
			}
			synctest.Wait()
			if s.Active() != 0 {
				t.Errorf("%d calls in progress after the reader left", s.Active())
			}
		})
	})
}

func TestASlowStreamWaitsBeforeEachEvent(t *testing.T) {
	eachStreamer(t, func(t *testing.T, p streamer) {
		synctest.Test(t, func(t *testing.T) {
			s := p.fake()
			defer s.Close()
			s.Answer(mocks.Answer{Text: "one two three"})
			s.Script(mocks.SlowStream(time.Second))
			var at []time.Time
			p.read(t.Context(), s.Client(), s.BaseURL(), func() { at = append(at, time.Now()) })
			if len(at) != 3 || at[1].Sub(at[0]) != time.Second || at[2].Sub(at[1]) != time.Second {
				t.Errorf("pieces at %v", at)
			}
		})
	})
}

func TestStreamFaultsMeetStreamsOnly(t *testing.T) {
	s, c := newOpenAI(t)
	s.Always(mocks.Unavailable())
	s.Always(mocks.CutStream(0).On(ai.KindText))
	s.Script(mocks.CutStream(1))
	if _, err := callOpenAI(t.Context(), s.Client(), s.BaseURL(), ai.KindText); seen(err) != "503 0" {
		t.Errorf("a unary call met %q", seen(err))
	}
	_ = c
	for _, pieces := range []int{1, 0} {
		got := streamChat(t.Context(), s.Client(), s.BaseURL(), ignore)
		if len(got.texts) != pieces || got.err == nil {
			t.Errorf("%+v", got)
		}
	}
}

func TestAStreamMayHoldNoText(t *testing.T) {
	tests := map[ai.Code]map[string]string{
		ai.CodeContentFiltered: {"openai": "stop", "responses": "completed", "gemini": ""},
		ai.CodeMaxTokens:       {"openai": "length", "responses": "incomplete", "gemini": "MAX_TOKENS"},
		ai.CodeModelFailed:     {"openai": "tool_calls", "responses": "completed", "gemini": "MALFORMED_FUNCTION_CALL"},
	}
	eachStreamer(t, func(t *testing.T, p streamer) {
		for code, finish := range tests {
			s := p.fake()
			s.Script(mocks.Fault{Code: code})
			got := p.read(t.Context(), s.Client(), s.BaseURL(), ignore)
			if len(got.texts) != 0 || got.finish != finish[p.name] || got.err != nil {
				t.Errorf("%s: %+v", code, got)
			}
			_ = s.Close()
		}
	})
}

func TestAStandingAnswerCoversWhatTheScriptDoesNot(t *testing.T) {
	s, _ := newOpenAI(t)
	s.AlwaysAnswer(mocks.Answer{Text: "as usual"})
	s.Answer(mocks.Answer{Text: "once"})
	ask := func() string {
		text, err := callOpenAI(t.Context(), s.Client(), s.BaseURL(), ai.KindText)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	if got := []string{ask(), ask(), ask()}; !slices.Equal(got, []string{"once", "as usual", "as usual"}) {
		t.Errorf("%q", got)
	}
	if _, err := callOpenAI(t.Context(), s.Client(), s.BaseURL(), ai.KindImageGeneration); err != nil {
		t.Error(err)
	}
	s.Recover()
	if got := ask(); !strings.HasPrefix(got, "[emulated]") {
		t.Errorf("%q after Recover", got)
	}
}

func TestConnectionsAreCounted(t *testing.T) {
	s, _ := newOpenAI(t)
	for range 3 {
		if _, err := callOpenAI(t.Context(), s.Client(), s.BaseURL(), ai.KindText); err != nil {
			t.Fatal(err)
		}
	}
	if s.Connections() != 1 {
		t.Errorf("%d connections for three calls in a row", s.Connections())
	}
}
