package ai_test

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/finbrain/ai"
)

func TestAWrongErrandReachesNobody(t *testing.T) {
	w := newWorkshop(working)
	client := newClient(t, ai.WithProvider("w", w))
	tuning, files := client.FineTuning("w"), client.Files("w")
	create := func(r *ai.FineTuneRequest) error { _, err := tuning.Create(t.Context(), r); return err }
	upload := func(u *ai.FileUpload) error { _, err := files.Upload(t.Context(), u); return err }
	content := strings.NewReader("x")
	for field, do := range map[string]func() error{
		"FineTuneRequest": func() error { return create(nil) },
		"Model":           func() error { return create(&ai.FineTuneRequest{TrainingFile: "f"}) },
		"TrainingFile":    func() error { return create(&ai.FineTuneRequest{Model: "m"}) },
		"Suffix": func() error {
			return create(&ai.FineTuneRequest{Model: "m", TrainingFile: "f", Suffix: strings.Repeat("x", 65)})
		},
		"Epochs":       func() error { return create(&ai.FineTuneRequest{Model: "m", TrainingFile: "f", Epochs: -1}) },
		"BatchSize":    func() error { return create(&ai.FineTuneRequest{Model: "m", TrainingFile: "f", BatchSize: -1}) },
		"LearningRate": func() error { return create(&ai.FineTuneRequest{Model: "m", TrainingFile: "f", LearningRate: -1}) },
		"id":           func() error { _, err := tuning.Get(t.Context(), ""); return err },
		"id ":          func() error { _, err := tuning.Cancel(t.Context(), ".."); return err },
		"id  ":         func() error { return files.Delete(t.Context(), ".") },
		"id   ":        func() error { _, err := files.Download(t.Context(), strings.Repeat("x", 513), io.Discard); return err },
		"to":           func() error { _, err := files.Download(t.Context(), "x", nil); return err },
		"Cursor.Limit": func() error { _, err := tuning.List(t.Context(), ai.Cursor{Limit: 101}); return err },
		"Cursor.Limit ": func() error {
			_, err := tuning.Events(t.Context(), "id", ai.Cursor{Limit: -1})
			return err
		},
		"FileUpload": func() error { return upload(nil) },
		"Name":       func() error { return upload(&ai.FileUpload{Content: content}) },
		"Name ":      func() error { return upload(&ai.FileUpload{Name: "a\r\nb", Content: content}) },
		"Name  ":     func() error { return upload(&ai.FileUpload{Name: strings.Repeat("x", 256), Content: content}) },
		"Purpose":    func() error { return upload(&ai.FileUpload{Name: "x", Purpose: "\n", Content: content}) },
		"Content":    func() error { return upload(&ai.FileUpload{Name: "x"}) },
		"Size":       func() error { return upload(&ai.FileUpload{Name: "x", Content: content, Size: -1}) },
		"Size ":      func() error { return upload(&ai.FileUpload{Name: "x", Content: content, Size: ai.MaxFileBytes + 1}) },
	} {
		var e *ai.Error
		if err := do(); !errors.As(err, &e) || e.Field != strings.TrimSpace(field) {
			t.Errorf("%s: %v", field, err)
		}
	}
	_ = client.Close()
	for what, do := range errands(client, "w") {
		if err := do(t.Context()); !errors.Is(err, ai.ErrClosed) {
			t.Errorf("%s after Close: %v", what, err)
		}
	}
	if len(w.asked) != 0 {
		t.Errorf("asked %v", w.asked)
	}
}

func TestAJobHasEndedOnlyInAStateThatLasts(t *testing.T) {
	for status, want := range map[ai.FineTuneStatus]bool{
		ai.FineTuneSucceeded: true, ai.FineTuneFailed: true, ai.FineTuneCancelled: true,
		ai.FineTuneRunning: false, ai.FineTuneQueued: false, ai.FineTunePaused: false, ai.FineTuneValidating: false, "other": false, "": false,
	} {
		if status.Ended() != want {
			t.Errorf("%q: %v", status, !want)
		}
	}
}
