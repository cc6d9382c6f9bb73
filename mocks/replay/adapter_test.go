package replay_test

import (
	"net/http"
	"reflect"
	"testing"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/mocks"
	"github.com/finbrain/ai/mocks/replay"
	"github.com/finbrain/ai/providers/gemini"
	"github.com/finbrain/ai/providers/openai"
)

// provider is what both adapters are.
type provider interface {
	ai.Analyzer
	ai.Streamer
}

func TestAnAdapterCannotTellAReplay(t *testing.T) {
	chat := func(s *mocks.Server, via http.RoundTripper) (provider, error) {
		return openai.New(openai.Config{APIKey: key, BaseURL: s.BaseURL(), HTTPClient: &http.Client{Transport: via}})
	}
	responses := func(s *mocks.Server, via http.RoundTripper) (provider, error) {
		return openai.New(openai.Config{APIKey: key, BaseURL: s.BaseURL(), HTTPClient: &http.Client{Transport: via}, API: "responses"})
	}
	google := func(s *mocks.Server, via http.RoundTripper) (provider, error) {
		return gemini.New(gemini.Config{APIKey: key, BaseURL: s.BaseURL(), HTTPClient: &http.Client{Transport: via}})
	}
	for name, tt := range map[string]struct {
		fake func() *mocks.Server
		open func(*mocks.Server, http.RoundTripper) (provider, error)
	}{"chat": {mocks.NewOpenAI, chat}, "responses": {mocks.NewOpenAI, responses}, "gemini": {mocks.NewGemini, google}} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			s := tt.fake()
			defer s.Close()
			s.Script(mocks.Fault{}, mocks.Fault{}, mocks.CutStream(1), mocks.EndStream(1), mocks.Unavailable(), mocks.FailStream(1, ai.CodeRateLimited))
			ask := func(via http.RoundTripper) (answers []*ai.Response, codes []ai.Code) {
				p, err := tt.open(s, via)
				if err != nil {
					t.Fatal(err)
				}
				add := func(resp *ai.Response, err error) {
					if resp != nil {
						resp.RequestID = "" // it is not recorded
					}
					answers, codes = append(answers, resp), append(codes, ai.CodeOf(err))
				}
				add(p.Analyze(t.Context(), ai.Text("Net debt rose.")))
				for range 5 {
					add(ai.Collect(p.Stream(t.Context(), ai.Text("Net debt fell."))))
				}
				return answers, codes
			}
			answers, codes := ask(open(t, dir, replay.Config{Mode: replay.Record, Transport: s.Client().Transport}))
			player := open(t, dir, replay.Config{})
			again, codesAgain := ask(player)
			if !reflect.DeepEqual(answers, again) || !reflect.DeepEqual(codes, codesAgain) {
				t.Errorf("recorded %v %+v\nreplayed %v %+v", codes, answers, codesAgain, again)
			}
			if answers[0] == nil || answers[1] == nil || codes[2] == "" || codes[5] != ai.CodeRateLimited || len(player.Unused()) != 0 {
				t.Errorf("%v, left %v", codes, player.Unused())
			}
		})
	}
}
