package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/finbrain/ai"
)

// TestMain ignores the goroutine that a library of the Gemini client starts
// when it is linked.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("go.opencensus.io/stats/view.(*worker).start"))
}

// noKeys is an environment in which nothing is set.
func noKeys(string) string { return "" }

// quickstart runs the program without keys.
func quickstart(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, notes bytes.Buffer
	code = run(t.Context(), args, &out, &notes, noKeys)
	return code, out.String(), notes.String()
}

// temporary writes a file for one test and returns its path.
func temporary(t *testing.T, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// inOrder fails unless the texts stand in what was printed one after the other,
// wherever lines were broken.
func inOrder(t *testing.T, printed string, texts ...string) {
	t.Helper()
	rest := strings.Join(strings.Fields(printed), " ")
	for _, text := range texts {
		_, after, ok := strings.Cut(rest, text)
		if !ok {
			t.Fatalf("%q is missing, or not in its place, in:\n%s", text, printed)
		}
		rest = after
	}
}

func TestWithoutKeysOrFilesTheOwnInputIsAnalysedByEmulations(t *testing.T) {
	code, stdout, stderr := quickstart(t)
	if code != exitOK || stderr != "" {
		t.Fatalf("exit code %d, errors %q", code, stderr)
	}
	inOrder(t, stdout,
		"No API key is set: asking two emulated providers on loopback",
		"filing.txt, a text of 373 words", "Which covenants", "[emulated]", "covenant",
		"provider openai", "model gpt-5.5", "source provider", "fallback false", "usage", "trail openai: answered after",
		"chart.png, a PNG image of 640 × 360 pixels", "[emulated] A PNG image, 640 × 360 pixels", "fallback false")
	if !strings.HasPrefix(stdout, "No API key") || strings.Contains(stdout, "\x1b") {
		t.Error("the first line does not say who is asked, or there is colour without a terminal")
	}
}

func TestFilesAreRecognisedByTheirContent(t *testing.T) {
	picture := temporary(t, "picture.txt", ownChart)
	text := temporary(t, "text.png", []byte("Net debt was 3 million. The covenant allows 4 million."))
	code, stdout, stderr := quickstart(t, picture, "-ask", "How much?", text)
	if code != exitOK {
		t.Fatalf("exit code %d, errors %q", code, stderr)
	}
	inOrder(t, stdout, "picture.txt, a PNG image", "How much?", "[emulated] A PNG image",
		"text.png, a text of 10 words", "How much?", "[emulated]", "million")
}

func TestSeveralImagesMayBeNamed(t *testing.T) {
	path := temporary(t, "a.png", ownChart)
	code, stdout, stderr := quickstart(t, "-image", path, "-image="+path)
	if code != exitOK {
		t.Fatalf("exit code %d, errors %q", code, stderr)
	}
	inOrder(t, stdout, "a.png", "source provider", "a.png", "source cache", "age less than a second", "fallback false")
}

func TestJSONIsOneResponsePerLineAndNothingElse(t *testing.T) {
	code, stdout, stderr := quickstart(t, "-json")
	if code != exitOK {
		t.Fatalf("exit code %d, errors %q", code, stderr)
	}
	inOrder(t, stderr, "No API key is set")
	lines := strings.Split(strings.TrimSuffix(stdout, "\n"), "\n")
	if len(lines) != 2 {
		t.Fatalf("%d lines, want one for each input", len(lines))
	}
	for _, line := range lines {
		var resp ai.Response
		if err := json.Unmarshal([]byte(line), &resp); err != nil {
			t.Fatalf("%v in %s", err, line)
		}
		if resp.Text == "" || resp.Provider != "openai" || resp.Source != ai.SourceProvider || len(resp.Trail) != 1 {
			t.Errorf("got %s", line)
		}
		if !strings.Contains(line, `"fallback":false`) {
			t.Errorf("no marker in %s", line)
		}
	}
}

func TestHelpIsPrintedOnRequest(t *testing.T) {
	code, stdout, stderr := quickstart(t, "-h")
	if code != exitOK || stderr != "" || !strings.HasPrefix(stdout, "Usage:") {
		t.Errorf("exit code %d, printed %q, errors %q", code, stdout, stderr)
	}
}

func TestWrongFlagsAreNamed(t *testing.T) {
	tests := map[string]struct {
		args []string
		want string
	}{
		"unknown flag":         {[]string{"-imgae", "a.png"}, "-imgae"},
		"flag without a value": {[]string{"-ask"}, "-ask"},
		"image without a name": {[]string{"-image", ""}, "image"},
		"image to embed":       {[]string{"-embed", "-image", "a.png"}, "-image"},
		"question to embed":    {[]string{"-embed", "-ask", "Why?"}, "-ask"},
		"file to drill":        {[]string{"-drill", "a.txt"}, "a.txt"},
		"json of a drill":      {[]string{"-drill", "-json"}, "-drill"},
		"flag behind a file":   {[]string{"a.txt", "-nonsense"}, "-nonsense"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			code, stdout, stderr := quickstart(t, test.args...)
			if code != exitUsage || stdout != "" || !strings.Contains(stderr, test.want) {
				t.Errorf("exit code %d, printed %q, errors %q", code, stdout, stderr)
			}
		})
	}
}

func TestFilesThatCannotBeUsedAreNamed(t *testing.T) {
	folder := t.TempDir()
	tests := map[string]struct {
		args []string
		want string
	}{
		"missing":        {[]string{filepath.Join(folder, "missing.txt")}, "missing.txt: "},
		"directory":      {[]string{folder}, filepath.Base(folder) + ": "},
		"empty":          {[]string{temporary(t, "empty.txt", []byte(" \n"))}, "empty.txt: is empty"},
		"binary":         {[]string{temporary(t, "binary", []byte("a\x00b"))}, "binary: is neither a text"},
		"too long":       {[]string{temporary(t, "long.txt", bytes.Repeat([]byte("long "), maxText/4))}, "long.txt: is a text of more than 1 MiB"},
		"too large":      {[]string{temporary(t, "large.png", append(bytes.Clone(ownChart), make([]byte, ai.MaxImageBytes)...))}, "large.png: is over the limit"},
		"no image":       {[]string{"-image", temporary(t, "text.png", []byte("text"))}, "text.png: is no PNG"},
		"image to embed": {[]string{"-embed", temporary(t, "chart.png", ownChart)}, "chart.png: an image cannot be embedded"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			code, stdout, stderr := quickstart(t, test.args...)
			if code != exitFailed || stdout != "" || !strings.Contains(strings.Join(strings.Fields(stderr), " "), test.want) {
				t.Errorf("exit code %d, printed %q, errors %q", code, stdout, stderr)
			}
		})
	}
}

func TestAnInterruptEndsTheProgramAtOnce(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, args := range [][]string{nil, {"-embed"}, {"-drill"}, {temporary(t, "a.txt", []byte("text"))}} {
		var out, notes bytes.Buffer
		if code := run(ctx, args, &out, &notes, noKeys); code != exitFailed || notes.String() != "quickstart: interrupted\n" {
			t.Errorf("%q: exit code %d, errors %q", args, code, notes.String())
		}
	}
}

// full is a disk without room.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space left") }

func TestAnAnswerThatCannotBePrintedIsAFailure(t *testing.T) {
	for _, args := range [][]string{nil, {"-json"}, {"-embed"}} {
		var notes bytes.Buffer
		if code := run(t.Context(), args, full{}, &notes, noKeys); code != exitFailed || !strings.Contains(notes.String(), "no space left") {
			t.Errorf("%q: exit code %d, errors %q", args, code, notes.String())
		}
	}
}
