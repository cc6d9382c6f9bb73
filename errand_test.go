package ai_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/resilience"
)

// workshop is a provider that trains models and keeps files.
type workshop struct {
	*provider
	do func(ctx context.Context, what string) error

	asked []string
}

func newWorkshop(do func(ctx context.Context, what string) error) *workshop {
	return &workshop{provider: answers("text"), do: do}
}

func (w *workshop) job(ctx context.Context, what, id string) (*ai.FineTuneJob, error) {
	w.asked = append(w.asked, what)
	if err := w.do(ctx, what); err != nil {
		return nil, err
	}
	return &ai.FineTuneJob{ID: id, Provider: "its own name"}, nil
}

func (w *workshop) CreateFineTune(ctx context.Context, _ *ai.FineTuneRequest) (*ai.FineTuneJob, error) {
	return w.job(ctx, "create", "new")
}

func (w *workshop) FineTune(ctx context.Context, id string) (*ai.FineTuneJob, error) {
	return w.job(ctx, "get", id)
}

func (w *workshop) CancelFineTune(ctx context.Context, id string) (*ai.FineTuneJob, error) {
	return w.job(ctx, "cancel", id)
}

func (w *workshop) FineTunes(ctx context.Context, c ai.Cursor) (*ai.Page[ai.FineTuneJob], error) {
	job, err := w.job(ctx, "list", "first")
	if err != nil {
		return nil, err
	}
	return &ai.Page[ai.FineTuneJob]{Items: []ai.FineTuneJob{*job}, Next: c.After + "+"}, nil
}

func (w *workshop) FineTuneEvents(ctx context.Context, id string, c ai.Cursor) (*ai.Page[ai.FineTuneEvent], error) {
	if _, err := w.job(ctx, "events", id); err != nil {
		return nil, err
	}
	return &ai.Page[ai.FineTuneEvent]{Items: []ai.FineTuneEvent{{ID: id}}, Next: c.After + "+"}, nil
}

func (w *workshop) UploadFile(ctx context.Context, u *ai.FileUpload) (*ai.File, error) {
	_, err := w.job(ctx, "upload", "")
	if err != nil {
		return nil, err
	}
	content, err := io.ReadAll(u.Content)
	return &ai.File{ID: "file", Name: u.Name, Size: int64(len(content))}, err
}

func (w *workshop) DownloadFile(ctx context.Context, id string, to io.Writer) (int64, error) {
	n, _ := io.WriteString(to, id)
	_, err := w.job(ctx, "download", id)
	return int64(n), err
}

func (w *workshop) DeleteFile(ctx context.Context, id string) error {
	_, err := w.job(ctx, "delete", id)
	return err
}

var tuneRequest = &ai.FineTuneRequest{Model: "m", TrainingFile: "f"}

// errands are the calls that a client passes on, by the name that the workshop
// hears.
func errands(client *ai.Client, route string) map[string]func(context.Context) error {
	tuning, files := client.FineTuning(route), client.Files(route)
	return map[string]func(context.Context) error{
		"create": func(ctx context.Context) error { _, err := tuning.Create(ctx, tuneRequest); return err },
		"get":    func(ctx context.Context) error { _, err := tuning.Get(ctx, "id"); return err },
		"list":   func(ctx context.Context) error { _, err := tuning.List(ctx, ai.Cursor{}); return err },
		"cancel": func(ctx context.Context) error { _, err := tuning.Cancel(ctx, "id"); return err },
		"events": func(ctx context.Context) error { _, err := tuning.Events(ctx, "id", ai.Cursor{}); return err },
		"upload": func(ctx context.Context) error {
			_, err := files.Upload(ctx, &ai.FileUpload{Name: "x", Content: strings.NewReader("x")})
			return err
		},
		"download": func(ctx context.Context) error { _, err := files.Download(ctx, "id", io.Discard); return err },
		"delete":   func(ctx context.Context) error { return files.Delete(ctx, "id") },
	}
}

func working(context.Context, string) error { return nil }

func TestJobsAndFilesComeFromTheRouteThatWasNamed(t *testing.T) {
	first, second := newWorkshop(working), newWorkshop(working)
	client := newClient(t, ai.WithProvider("plain", answers("x")), ai.WithProvider("first", first), ai.WithProvider("second", second))
	job, err := client.FineTuning("second").Create(t.Context(), tuneRequest)
	if err != nil || job.ID != "new" || job.Provider != "second" {
		t.Errorf("%+v, %v", job, err)
	}
	if job, err = client.FineTuning("").Get(t.Context(), "id"); err != nil || job.ID != "id" || job.Provider != "first" {
		t.Errorf("%+v, %v", job, err)
	}
	jobs, err := client.FineTuning("second").List(t.Context(), ai.Cursor{After: "a", Limit: 100})
	if err != nil || jobs.Next != "a+" || len(jobs.Items) != 1 || jobs.Items[0].Provider != "second" {
		t.Errorf("%+v, %v", jobs, err)
	}
	events, err := client.FineTuning("second").Events(t.Context(), "id", ai.Cursor{After: "a"})
	if err != nil || events.Next != "a+" || events.Items[0].ID != "id" {
		t.Errorf("%+v, %v", events, err)
	}
	file, err := client.Files("second").Upload(t.Context(), &ai.FileUpload{Name: "x", Content: strings.NewReader("abc")})
	if err != nil || file.Size != 3 || file.Provider != "second" {
		t.Errorf("%+v, %v", file, err)
	}
	var b bytes.Buffer
	if n, err := client.Files("second").Download(t.Context(), "abc", &b); err != nil || n != 3 || b.String() != "abc" {
		t.Errorf("%d, %q, %v", n, b.String(), err)
	}
	if err := client.Files("second").Delete(t.Context(), "abc"); err != nil {
		t.Error(err)
	}
}

func TestAProviderWithoutTheAbilityIsUnsupported(t *testing.T) {
	client := newClient(t, ai.WithProvider("plain", answers("x")))
	for _, c := range []struct {
		route string
		code  ai.Code
	}{{"plain", ai.CodeUnsupported}, {"", ai.CodeUnsupported}, {"nobody", ai.CodeInvalidRequest}} {
		for what, do := range errands(client, c.route) {
			if err := do(t.Context()); ai.CodeOf(err) != c.code {
				t.Errorf("%s at %q: %v", what, c.route, err)
			}
		}
	}
	if b := client.Breaker("plain", ai.KindFineTuning); b != nil || len(client.Breakers()) != 3 {
		t.Errorf("%v among %d circuits", b, len(client.Breakers()))
	}
}

func TestWorkThatMayHaveBeenDoneIsNotDoneAgain(t *testing.T) {
	for code, again := range map[ai.Code][]string{
		ai.CodeUnavailable: {"get", "list", "cancel", "events", "delete"},
		ai.CodeTimeout:     {"get", "list", "cancel", "events", "delete"},
		ai.CodeBadResponse: {"get", "list", "cancel", "events", "delete"},
		ai.CodeRateLimited: {"create", "get", "list", "cancel", "events", "delete"}, // nothing was done
	} {
		want := strings.Join(again, " ")
		inBubble(t, func(t *testing.T) {
			for what := range errands(newClient(t, ai.WithProvider("w", newWorkshop(working))), "w") {
				w := newWorkshop(nil)
				w.do = func(context.Context, string) error {
					if len(w.asked) == 1 {
						return coded(code)
					}
					return nil
				}
				err := errands(newClient(t, ai.WithProvider("w", w)), "w")[what](t.Context())
				if retried := len(w.asked) == 2; retried != strings.Contains(want, what) || retried != (err == nil) {
					t.Errorf("%s after %s: asked %v, %v", what, code, w.asked, err)
				}
			}
		})
	}
}

func TestBrokenJobsAndFilesDoNotStopTexts(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		w := newWorkshop(func(context.Context, string) error { return coded(ai.CodeUnavailable) })
		client := newClient(t, ai.WithProvider("w", w), noRetries())
		for circuit, what := range map[string]string{"w/finetune": "get", "w/file": "download"} {
			do := errands(client, "w")[what]
			for range 5 {
				_ = do(t.Context())
			}
			var e *ai.Error
			if err := do(t.Context()); !errors.As(err, &e) || e.Code != ai.CodeCircuitOpen || e.Provider != "w" || e.RetryAfter <= 0 ||
				len(e.Trail) != 1 || !e.Trail[0].Skipped {
				t.Errorf("%s: %#v", circuit, e)
			}
			open := 0
			for _, c := range client.Health().Circuits {
				if c.State == resilience.Open && c.Name == circuit {
					open++
				}
			}
			if open != 1 {
				t.Errorf("%s is not among the open circuits", circuit)
			}
		}
		for _, k := range client.Health().Kinds {
			if !k.Available || k.Kind == ai.KindFineTuning || k.Kind == ai.KindFile {
				t.Errorf("%+v", k)
			}
		}
		if len(w.asked) != 10 {
			t.Errorf("asked %v", w.asked)
		}
		mustAnalyze(t, client, ai.Text("x"))
		wait(ai.DefaultOpenFor)
		w.do = working
		for what, do := range errands(client, "w") {
			if err := do(t.Context()); err != nil {
				t.Errorf("%s: %v", what, err)
			}
		}
	})
}

func TestAPolicyReachesJobsAndFiles(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		w := newWorkshop(func(ctx context.Context, _ string) error { <-ctx.Done(); return ctx.Err() })
		var brief resilience.Policy
		brief.Timeout, brief.Retry.MaxAttempts = time.Second, 1
		client := newClient(t, ai.WithProvider("w", w, ai.OnlyKinds(ai.KindText)), ai.WithPolicy("w", ai.KindFineTuning, brief))
		for what, limit := range map[string]time.Duration{"get": time.Second, "upload": 10 * time.Minute} {
			began := time.Now()
			err := errands(client, "w")[what](t.Context())
			if took := time.Since(began); !errors.Is(err, ai.CodeTimeout) || took != limit {
				t.Errorf("%s: %v after %v", what, err, took)
			}
		}
	})
}

func TestAnErrandWithoutADeadlineEnds(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		w := newWorkshop(func(ctx context.Context, _ string) error { <-ctx.Done(); return ctx.Err() })
		client := newClient(t, ai.WithProvider("w", w))
		began := time.Now()
		_, err := client.FineTuning("w").Get(t.Context(), "id")
		if took := time.Since(began); !errors.Is(err, ai.CodeTimeout) || took > ai.DefaultDeadline {
			t.Errorf("%v after %v", err, took)
		}
	})
}

func TestTheCallersCancelEndsAnErrandAndIsNoFailure(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		w := newWorkshop(func(ctx context.Context, _ string) error { <-ctx.Done(); return ctx.Err() })
		client := newClient(t, ai.WithProvider("w", w))
		for what, do := range errands(client, "w") {
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(time.Second, cancel)
			if err := do(ctx); !errors.Is(err, ai.CodeCanceled) || !errors.Is(err, context.Canceled) {
				t.Errorf("%s: %v", what, err)
			}
			asked := len(w.asked)
			if err := do(ctx); !errors.Is(err, ai.CodeCanceled) || len(w.asked) != asked {
				t.Errorf("%s, cancelled before: %v", what, err)
			}
		}
		for _, b := range client.Breakers() {
			if b.FailureCount() != 0 {
				t.Errorf("%s counts a failure", b.Name())
			}
		}
	})
}

func TestAnErrandHasATrailAndItsEvents(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		var events heard
		w := newWorkshop(nil)
		w.do = func(context.Context, string) error {
			if len(w.asked) < 3 {
				return &ai.Error{Code: ai.CodeUnavailable, Status: 503, Provider: "its own name"}
			}
			return nil
		}
		client := newClient(t, ai.WithProvider("w", w), ai.WithObserver(&events))
		if _, err := client.FineTuning("w").Get(t.Context(), "id"); err != nil {
			t.Fatal(err)
		}
		got := strings.Join(events.since(), "; ")
		for _, want := range []string{"call 1: w/finetune attempt ended: unavailable", "call 1: w/finetune waits before attempt 2", "call 1 ended: provider from w after 3 attempts"} {
			if !strings.Contains(got, want) {
				t.Errorf("no %q in %s", want, got)
			}
		}
		w.asked = nil
		var e *ai.Error
		if _, err := client.FineTuning("w").Create(t.Context(), tuneRequest); !errors.As(err, &e) || e.Provider != "w" || e.Status != 503 ||
			len(e.Trail) != 1 || e.Trail[0].Code != ai.CodeUnavailable || e.Trail[0].Status != 503 {
			t.Errorf("%#v", e)
		}
		if got := strings.Join(events.since(), "; "); !strings.Contains(got, "call 2 ended: unavailable from  after 1 attempts") {
			t.Error(got)
		}
	})
}

func TestAnAdapterThatPanicsOrReturnsNothingIsABadResponse(t *testing.T) {
	w := newWorkshop(func(context.Context, string) error { panic(canary) })
	client := newClient(t, ai.WithProvider("w", w), noRetries())
	for what, do := range errands(client, "w") {
		if err := do(t.Context()); !errors.Is(err, ai.CodeBadResponse) || strings.Contains(err.Error(), canary) {
			t.Errorf("%s: %v", what, err)
		}
	}
	client = newClient(t, ai.WithProvider("w", empty{newWorkshop(working)}), noRetries())
	for _, what := range []string{"create", "list", "upload"} {
		if err := errands(client, "w")[what](t.Context()); !errors.Is(err, ai.CodeBadResponse) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// empty returns neither answer nor error.
type empty struct{ *workshop }

func (empty) CreateFineTune(context.Context, *ai.FineTuneRequest) (*ai.FineTuneJob, error) {
	return nil, nil
}

func (empty) FineTunes(context.Context, ai.Cursor) (*ai.Page[ai.FineTuneJob], error) { return nil, nil }

func (empty) UploadFile(context.Context, *ai.FileUpload) (*ai.File, error) { return nil, nil }
