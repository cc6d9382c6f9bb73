package providers_test

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// What a program links that imports the root and the adapter of one provider:
// that provider's library, and nothing of the other's.
func TestAProgramLinksOnlyTheLibrariesOfTheProvidersItImports(t *testing.T) {
	tool, err := exec.LookPath("go")
	if err != nil {
		t.Skip("the go command is not on the path")
	}
	const openaiLibrary, geminiLibrary = "github.com/sashabaranov/go-openai", "google.golang.org/genai"
	for _, test := range []struct {
		adapter, links string
		not            []string
	}{
		{"openai", openaiLibrary, []string{geminiLibrary, "google.golang.org/grpc"}},
		{"gemini", geminiLibrary, []string{openaiLibrary}},
	} {
		t.Run(test.adapter, func(t *testing.T) {
			list := exec.CommandContext(t.Context(), tool, "list", "-deps", "github.com/finbrain/ai", "github.com/finbrain/ai/providers/"+test.adapter)
			out, err := list.Output()
			if err != nil {
				t.Fatal(err)
			}
			packages := strings.Fields(string(out))
			if !slices.Contains(packages, test.links) {
				t.Errorf("it does not link %s: is this list right?", test.links)
			}
			for _, p := range packages {
				for _, not := range test.not {
					if p == not || strings.HasPrefix(p, not+"/") {
						t.Errorf("it links %s", p)
					}
				}
			}
		})
	}
}
