package ai

import (
	"context"
	"encoding/json"
	"math"
	"time"
)

// FineTuner is an optional ability of an Analyzer: to train models of the
// application's own. Implementations are safe for concurrent use, make one
// exchange for each call, never retry, escape the IDs they are given, and
// return *Error.
type FineTuner interface {
	// CreateFineTune begins a job and returns as soon as it is known.
	CreateFineTune(ctx context.Context, req *FineTuneRequest) (*FineTuneJob, error)
	// FineTune returns the job as it stands.
	FineTune(ctx context.Context, id string) (*FineTuneJob, error)
	// FineTunes lists the jobs of the account, newest first.
	FineTunes(ctx context.Context, cursor Cursor) (*Page[FineTuneJob], error)
	// CancelFineTune ends a job early and returns it as it stands then.
	CancelFineTune(ctx context.Context, id string) (*FineTuneJob, error)
	// FineTuneEvents lists what happened to a job, newest first.
	FineTuneEvents(ctx context.Context, id string, cursor Cursor) (*Page[FineTuneEvent], error)
}

// FineTuneRequest asks for a job. Zero fields but Model and TrainingFile are
// left to the provider.
type FineTuneRequest struct {
	// Model is the provider's name of the model to train.
	Model string
	// TrainingFile and ValidationFile are IDs of files at the same provider
	// (Client.Files).
	TrainingFile   string
	ValidationFile string
	// Suffix becomes part of the new model's name; at most 64 bytes.
	Suffix string
	// Method is how the model learns from the examples.
	Method FineTuneMethod
	// Epochs is how often the examples are gone through, BatchSize how many of
	// them make one step, and LearningRate a factor on the provider's own rate.
	Epochs       int
	BatchSize    int
	LearningRate float64
	// Seed makes the job repeatable.
	Seed *int64
}

// FineTuneMethod is how a model learns.
type FineTuneMethod string

// The methods; a provider may have others.
const (
	// FineTuneSupervised learns from examples of good answers.
	FineTuneSupervised FineTuneMethod = "supervised"
	// FineTuneDPO learns from pairs of a better and a worse answer (direct
	// preference optimisation).
	FineTuneDPO FineTuneMethod = "dpo"
)

// Validate returns the *Error of the first wrong field, or nil.
func (r *FineTuneRequest) Validate() error {
	switch {
	case r == nil:
		return invalid("FineTuneRequest", "is nil")
	case blank(r.Model):
		return invalid("Model", "is empty")
	case blank(r.TrainingFile):
		return invalid("TrainingFile", "is empty")
	case len(r.Suffix) > 64:
		return invalid("Suffix", "is longer than 64 bytes")
	case r.Epochs < 0:
		return invalid("Epochs", "is negative")
	case r.BatchSize < 0:
		return invalid("BatchSize", "is negative")
	case !(r.LearningRate >= 0) || math.IsInf(r.LearningRate, 0):
		return invalid("LearningRate", "is negative or no number")
	}
	return nil
}

// FineTuneJob is the training of one model.
type FineTuneJob struct {
	ID     string         `json:"id"`
	Status FineTuneStatus `json:"status"`
	// Fault says why the job failed; nil otherwise.
	Fault *FineTuneFault `json:"fault,omitempty"`
	// Model is what is trained, FineTunedModel what came of it: the name to ask
	// for in a Request, empty before the job has succeeded.
	Model          string `json:"model"`
	FineTunedModel string `json:"fine_tuned_model,omitempty"`
	// TrainingFile, ValidationFile and ResultFiles are IDs of files.
	TrainingFile   string   `json:"training_file,omitempty"`
	ValidationFile string   `json:"validation_file,omitempty"`
	ResultFiles    []string `json:"result_files,omitempty"`
	// TrainedTokens is what is billed, 0 while unknown.
	TrainedTokens int64 `json:"trained_tokens,omitempty"`
	// FinishedAt and EstimatedFinish are zero while unknown.
	CreatedAt       time.Time `json:"created_at,omitzero"`
	FinishedAt      time.Time `json:"finished_at,omitzero"`
	EstimatedFinish time.Time `json:"estimated_finish,omitzero"`
	// Provider is the route's name, RequestID the provider's identifier of the
	// exchange.
	Provider  string `json:"provider,omitempty"`
	RequestID string `json:"request_id,omitempty"`
}

// FineTuneStatus is how far a job has come. A provider may have others than the
// constants.
type FineTuneStatus string

// The states of a job.
const (
	FineTuneValidating FineTuneStatus = "validating_files"
	FineTuneQueued     FineTuneStatus = "queued"
	FineTuneRunning    FineTuneStatus = "running"
	FineTunePaused     FineTuneStatus = "paused"
	FineTuneSucceeded  FineTuneStatus = "succeeded"
	FineTuneFailed     FineTuneStatus = "failed"
	FineTuneCancelled  FineTuneStatus = "cancelled"
)

// Ended reports whether the job will not change any more.
func (s FineTuneStatus) Ended() bool {
	return s == FineTuneSucceeded || s == FineTuneFailed || s == FineTuneCancelled
}

// FineTuneFault is why a job failed, in the provider's own words: they may
// quote the training file.
type FineTuneFault struct {
	Code    string `json:"code,omitempty"`
	Param   string `json:"param,omitempty"`
	Message string `json:"message,omitempty"`
}

// FineTuneEvent is something that happened to a job, in the provider's own
// words.
type FineTuneEvent struct {
	ID      string    `json:"id,omitempty"`
	Time    time.Time `json:"time,omitzero"`
	Level   string    `json:"level,omitempty"` // "info", "warn" or "error"
	Type    string    `json:"type,omitempty"`  // "message" or "metrics"
	Message string    `json:"message,omitempty"`
	// Data is the metrics of a step, a JSON object, or empty.
	Data json.RawMessage `json:"data,omitempty"`
}

// MaxPage is the largest Cursor.Limit.
const MaxPage = 100

// Cursor says which page of a list is wanted. The zero Cursor is the first, of
// the provider's own length.
type Cursor struct {
	// After is Page.Next of the page before.
	After string
	// Limit is how many items, at most MaxPage; 0 leaves it to the provider.
	Limit int
}

// Validate returns the *Error of the first wrong field, or nil.
func (c Cursor) Validate() error {
	if c.Limit < 0 || c.Limit > MaxPage {
		return invalid("Cursor.Limit", "is not from 0 to 100")
	}
	return nil
}

// Page is a part of a list.
type Page[T any] struct {
	Items []T `json:"items"`
	// Next is the Cursor.After of the page behind, empty if this is the last.
	Next string `json:"next,omitempty"`
}

// FineTuning is a provider's fine-tuning jobs, guarded by a circuit of their
// own. It is a small value, safe for concurrent use.
type FineTuning struct{ errand errand }

// FineTuning returns the fine-tuning jobs at a route, or at the first whose
// provider is a FineTuner if the name is empty. There is no substitute for a
// route: every call is answered by its provider or fails with a *Error, with
// CodeUnsupported where the provider is no FineTuner. A context without a
// deadline gets DefaultDeadline.
func (c *Client) FineTuning(route string) FineTuning {
	return FineTuning{c.errand(route, KindFineTuning)}
}

// Create begins a job. It is asked for once: again only if the provider said
// that it had done nothing (CodeRateLimited). After any other failure a job may
// have begun all the same: List shows it.
func (f FineTuning) Create(ctx context.Context, req *FineTuneRequest) (*FineTuneJob, error) {
	return tune(ctx, f, req.Validate(), unheard, func(ctx context.Context, t FineTuner) (*FineTuneJob, error) {
		return f.named(t.CreateFineTune(ctx, req))
	})
}

// Get returns a job as it stands.
func (f FineTuning) Get(ctx context.Context, id string) (*FineTuneJob, error) {
	return tune(ctx, f, checkID(id), always, func(ctx context.Context, t FineTuner) (*FineTuneJob, error) {
		return f.named(t.FineTune(ctx, id))
	})
}

// List returns a page of the account's jobs, newest first.
func (f FineTuning) List(ctx context.Context, cursor Cursor) (*Page[FineTuneJob], error) {
	return tune(ctx, f, cursor.Validate(), always, func(ctx context.Context, t FineTuner) (*Page[FineTuneJob], error) {
		page, err := t.FineTunes(ctx, cursor)
		if page != nil {
			for i := range page.Items {
				page.Items[i].Provider = f.errand.route.name
			}
		}
		return some(page, err)
	})
}

// Cancel ends a job early. To cancel twice is no different from once.
func (f FineTuning) Cancel(ctx context.Context, id string) (*FineTuneJob, error) {
	return tune(ctx, f, checkID(id), always, func(ctx context.Context, t FineTuner) (*FineTuneJob, error) {
		return f.named(t.CancelFineTune(ctx, id))
	})
}

// Events returns a page of what happened to a job, newest first.
func (f FineTuning) Events(ctx context.Context, id string, cursor Cursor) (*Page[FineTuneEvent], error) {
	request := checkID(id)
	if request == nil {
		request = cursor.Validate()
	}
	return tune(ctx, f, request, always, func(ctx context.Context, t FineTuner) (*Page[FineTuneEvent], error) {
		return some(t.FineTuneEvents(ctx, id, cursor))
	})
}

// named writes the route's name on a job.
func (f FineTuning) named(job *FineTuneJob, err error) (*FineTuneJob, error) {
	if job != nil {
		job.Provider = f.errand.route.name
	}
	return some(job, err)
}

// tune does one call of a FineTuner.
func tune[T any](ctx context.Context, f FineTuning, request error, again repeatable, do func(context.Context, FineTuner) (*T, error)) (*T, error) {
	if err := f.errand.ready(ctx, request); err != nil {
		return nil, err
	}
	share := DefaultDeadline
	if _, ok := ctx.Deadline(); ok {
		share = 0
	}
	return perform(ctx, f.errand, share, again, func(ctx context.Context) (*T, error) {
		return do(ctx, f.errand.route.provider.(FineTuner))
	})
}

// some makes an error of an adapter's returning nothing.
func some[T any](v *T, err error) (*T, error) {
	if err != nil {
		return nil, err
	}
	if v == nil {
		return nil, &Error{Code: CodeBadResponse, Detail: "the adapter returned neither response nor error"}
	}
	return v, nil
}
