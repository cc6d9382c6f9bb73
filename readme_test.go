package ai_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Every line of Go in the README stands in an example or test that compiles.
func TestTheSnippetsOfTheReadmeAreCompiled(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	compiled := make(map[string]bool)
	for _, pattern := range []string{"example*_test.go", "*/example*_test.go", "*/*/example*_test.go", "examples/*/*_test.go"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			source, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for line := range strings.Lines(string(source)) {
				compiled[strings.TrimSpace(line)] = true
			}
		}
	}
	lines, inside := 0, false
	for line := range strings.Lines(string(readme)) {
		line = strings.TrimSpace(line)
		switch {
		case line == "```go":
			inside = true
		case line == "```":
			inside = false
		case inside && line != "":
			lines++
			if !compiled[line] {
				t.Errorf("no example has the line %q", line)
			}
		}
	}
	if lines < 10 {
		t.Errorf("found only %d lines of Go in the README", lines)
	}
}
