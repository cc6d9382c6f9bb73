package providers_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/providers/gemini"
	"github.com/finbrain/ai/providers/openai"
)

type keyFunc func(context.Context) (string, error)

// adapters makes each adapter with a key that is asked for.
var adapters = map[string]func(*http.Client, keyFunc) (ai.Analyzer, error){
	"openai": func(c *http.Client, f keyFunc) (ai.Analyzer, error) {
		return openai.New(openai.Config{KeyFunc: f, HTTPClient: c})
	},
	"azure": func(c *http.Client, f keyFunc) (ai.Analyzer, error) {
		return openai.New(openai.Config{KeyFunc: f, HTTPClient: c, BaseURL: "https://h", APIVersion: "2024-10-21"})
	},
	"gemini": func(c *http.Client, f keyFunc) (ai.Analyzer, error) {
		return gemini.New(gemini.Config{KeyFunc: f, HTTPClient: c})
	},
}

func TestAKeyThatRotatesIsAskedForAtEveryRequest(t *testing.T) {
	for name, open := range adapters {
		t.Run(name, func(t *testing.T) {
			var sent asked
			n := 0
			a, err := open(&http.Client{Transport: &sent}, func(context.Context) (string, error) {
				n++
				return fmt.Sprint("key-", n), nil
			})
			if err != nil {
				t.Fatal(err)
			}
			for i := range 2 {
				for _, req := range []*ai.Request{ai.Text("q"), ai.Embedding("x")} {
					sent.key = ""
					_, err := a.Analyze(t.Context(), req)
					if ai.CodeOf(err) != ai.CodeUnavailable || !strings.HasSuffix(sent.key, fmt.Sprint("key-", n)) {
						t.Errorf("%d: %q, %v", i, sent.key, err)
					}
				}
			}
			if n != 4 {
				t.Errorf("asked %d times", n)
			}
		})
	}
}

func TestAKeyThatCannotBeHadIsAFailedAuthentication(t *testing.T) {
	for name, open := range adapters {
		t.Run(name, func(t *testing.T) {
			var sent asked
			a, err := open(&http.Client{Transport: &sent}, func(context.Context) (string, error) {
				return "", errors.New(secret)
			})
			if err != nil {
				t.Fatal(err)
			}
			_, err = a.Analyze(t.Context(), ai.Text("q"))
			if ai.CodeOf(err) != ai.CodeAuthentication || sent.url != "" || strings.Contains(fmt.Sprintf("%v %+v %#v", err, err, err), secret) {
				t.Errorf("%v, sent to %q", err, sent.url)
			}
		})
	}
}

func TestOnlyOneOfTheTwoKeysIsGiven(t *testing.T) {
	f := func(context.Context) (string, error) { return "k", nil }
	_, one := openai.New(openai.Config{APIKey: "k", KeyFunc: f})
	_, two := gemini.New(gemini.Config{APIKey: "k", KeyFunc: f})
	wantWrong(t, one, "KeyFunc", "")
	wantWrong(t, two, "KeyFunc", "")
}
