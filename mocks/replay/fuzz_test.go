package replay

import (
	"encoding/json"
	"strings"
	"testing"
)

func FuzzNoBodyHoldsTheSecret(f *testing.F) {
	const secret = "sk-canary-\"ü\"-0123"
	for _, seed := range []string{`{"a":"\u0073k"}`, "data: {\"a\":1}\n\n", `\\\"%41%zz\ud83d\ude00\u00`, "eyJ.", "a\\"} {
		f.Add(seed, "")
	}
	f.Fuzz(func(t *testing.T, before, after string) {
		s, err := newScrubber([]string{secret})
		if err != nil {
			t.Fatal(err)
		}
		quoted, _ := json.Marshal(before + secret + after)
		for _, body := range []string{before + secret + after, string(quoted), before + string(quoted) + after} {
			clean, err := s.body([]byte(body))
			if err != nil {
				continue
			}
			var text string
			if strings.Contains(string(clean), secret) || json.Unmarshal(clean, &text) == nil && strings.Contains(text, secret) {
				t.Errorf("%q became %q", body, clean)
			}
			if again, err := s.body(clean); err != nil || string(again) != string(clean) {
				t.Errorf("%q became %q at first, then %q, %v", body, clean, again, err)
			}
		}
	})
}
