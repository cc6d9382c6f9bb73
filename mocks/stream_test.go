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

func TestAStreamThatBreaksBehindItsLastPieceLacksOnlyTheFinish(t *testing.T) {
	eachStreamer(t, func(t *testing.T, p streamer) {
		s := p.fake()
		defer s.Close()
		s.AlwaysAnswer(mocks.Answer{Text: "Net debt fell.", Chunks: 3})
		for after, want := range map[int]int{2: 2, 3: 3, 9: 3} {
			s.Script(mocks.EndStream(after))
			got := p.read(t.Context(), s.Client(), s.BaseURL(), ignore)
			if len(got.texts) != want || got.finish != "" {
				t.Errorf("after %d: %+v", after, got)
			}
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
		{"stall before the end", mocks.StallStream(9), 5, false, deadline, deadline, deadline},
		{"cut", mocks.CutStream(2), 2, false, broken, broken, broken},
		{"cut by bytes", mocks.CutBody(), 0, false, broken, broken, "unexpected end of JSON"},
		{"cut at the very end", mocks.Fault{CutAfter: 1 << 20}, 5, true, "", broken, broken},
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

func TestALateEndKeepsTheBodyOpen(t *testing.T) {
	eachStreamer(t, func(t *testing.T, p streamer) {
		synctest.Test(t, func(t *testing.T) {
			s := p.fake()
			defer s.Close()
			s.Script(mocks.LateEnd(time.Minute))
			begun := time.Now()
			raw(t, s, p)
			if d := time.Since(begun); d != time.Minute {
				t.Errorf("the body ended after %v", d)
			}
		})
	})
}
