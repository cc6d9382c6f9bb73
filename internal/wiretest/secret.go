package wiretest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"

	"github.com/finbrain/ai"
)

// EveryForm prints values in every way a program might: with the verbs of fmt
// and inside other values, through slog, as JSON, and errors joined, wrapped
// and, for an *ai.Error, by their cause.
func EveryForm(values ...any) string {
	var b bytes.Buffer
	text, structured := slog.New(slog.NewTextHandler(&b, nil)), slog.New(slog.NewJSONHandler(&b, nil))
	for _, v := range values {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x", "%T"} {
			for _, form := range []any{v, []any{v}, map[string]any{"k": v}, struct{ V any }{v}} {
				fmt.Fprintf(&b, verb+"\n", form)
			}
		}
		text.Info("m", slog.Any("v", v), slog.Any("nested", []any{v}))
		structured.Info("m", slog.Any("v", v), slog.Any("nested", []any{v}))
		if data, err := json.Marshal(v); err == nil {
			b.Write(data)
		}
		if err, ok := v.(error); ok {
			fmt.Fprintf(&b, "%v %+v", errors.Join(err, io.EOF), fmt.Errorf("wrapped: %w", err))
			if e, ok := err.(*ai.Error); ok {
				fmt.Fprintf(&b, "%v %+v %#v", e.Cause, e.Cause, e.Cause)
			}
		}
	}
	return b.String()
}

// Absent reports every secret that a text shows, plainly or in hexadecimal
// digits, as an error of the test. Where says what the text is.
func Absent(t TB, where, text string, secrets ...string) {
	t.Helper()
	for _, secret := range secrets {
		for _, shown := range []string{secret, fmt.Sprintf("%x", secret)} {
			if at := strings.Index(text, shown); at >= 0 {
				t.Errorf("%s shows %q: …%s…", where, secret, text[max(0, at-100):min(len(text), at+100)])
			}
		}
	}
}
