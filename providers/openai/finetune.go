package openai

import (
	"context"
	"encoding/json"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/internal/transport"
)

var _ ai.FineTuner = (*Provider)(nil)

const jobsPath = "/fine_tuning/jobs"

// tuneBody is the body that asks for a job.
type tuneBody struct {
	Model           string         `json:"model"`
	TrainingFile    string         `json:"training_file"`
	ValidationFile  string         `json:"validation_file,omitempty"`
	Suffix          string         `json:"suffix,omitempty"`
	Seed            *int64         `json:"seed,omitempty"`
	Hyperparameters map[string]any `json:"hyperparameters,omitempty"`
	Method          map[string]any `json:"method,omitempty"`
}

// CreateFineTune begins a fine-tuning job.
func (p *Provider) CreateFineTune(ctx context.Context, req *ai.FineTuneRequest) (*ai.FineTuneJob, error) {
	if err := req.Validate(); err != nil {
		return nil, err
	}
	body := tuneBody{
		Model: req.Model, TrainingFile: req.TrainingFile, ValidationFile: req.ValidationFile,
		Suffix: req.Suffix, Seed: req.Seed, Hyperparameters: hyperparameters(req),
	}
	if model, ok := p.aliases[req.Model]; ok {
		body.Model = model
	}
	if method := string(req.Method); method != "" {
		own := make(map[string]any)
		if len(body.Hyperparameters) > 0 {
			own["hyperparameters"] = body.Hyperparameters
		}
		body.Method = map[string]any{"type": method, method: own}
		body.Hyperparameters = nil // their place without a method
	}
	return p.job(ctx, http.MethodPost, jobsPath, body)
}

func hyperparameters(req *ai.FineTuneRequest) map[string]any {
	set := make(map[string]any)
	if req.Epochs > 0 {
		set["n_epochs"] = req.Epochs
	}
	if req.BatchSize > 0 {
		set["batch_size"] = req.BatchSize
	}
	if req.LearningRate > 0 {
		set["learning_rate_multiplier"] = req.LearningRate
	}
	return set
}

// FineTune returns a fine-tuning job.
func (p *Provider) FineTune(ctx context.Context, id string) (*ai.FineTuneJob, error) {
	name, err := segment(id)
	if err != nil {
		return nil, err
	}
	return p.job(ctx, http.MethodGet, jobsPath+"/"+name, nil)
}

// CancelFineTune ends a fine-tuning job early.
func (p *Provider) CancelFineTune(ctx context.Context, id string) (*ai.FineTuneJob, error) {
	name, err := segment(id)
	if err != nil {
		return nil, err
	}
	return p.job(ctx, http.MethodPost, jobsPath+"/"+name+"/cancel", nil)
}

// FineTunes lists the fine-tuning jobs of the project, newest first.
func (p *Provider) FineTunes(ctx context.Context, cursor ai.Cursor) (*ai.Page[ai.FineTuneJob], error) {
	return list(ctx, p, jobsPath, cursor, (*jobBody).job)
}

// FineTuneEvents lists the events of a fine-tuning job, newest first.
func (p *Provider) FineTuneEvents(ctx context.Context, id string, cursor ai.Cursor) (*ai.Page[ai.FineTuneEvent], error) {
	name, err := segment(id)
	if err != nil {
		return nil, err
	}
	return list(ctx, p, jobsPath+"/"+name+"/events", cursor, (*eventBody).event)
}

// job makes an exchange that is answered by a job.
func (p *Provider) job(ctx context.Context, method, path string, body any) (*ai.FineTuneJob, error) {
	c, err := p.ask(ctx, method, p.endpoint(path, nil), "", body)
	if err != nil {
		return nil, err
	}
	var answer jobBody
	if err := c.decode(&answer); err != nil || answer.ID == "" {
		return nil, c.noAnswer("", "the response is no fine-tuning job")
	}
	job, _ := answer.job()
	job.RequestID = transport.RequestID(c.exchange.Header)
	return &job, nil
}

// list makes an exchange that is answered by a page. read returns an item and
// its ID.
func list[B, T any](ctx context.Context, p *Provider, path string, cursor ai.Cursor, read func(*B) (T, string)) (*ai.Page[T], error) {
	if err := cursor.Validate(); err != nil {
		return nil, err
	}
	query := make(url.Values)
	if cursor.After != "" {
		query.Set("after", cursor.After)
	}
	if cursor.Limit > 0 {
		query.Set("limit", strconv.Itoa(cursor.Limit))
	}
	c, err := p.ask(ctx, http.MethodGet, p.endpoint(path, query), "", nil)
	if err != nil {
		return nil, err
	}
	var answer struct {
		Data    []*B
		HasMore bool `json:"has_more"`
	}
	if err := c.decode(&answer); err != nil || answer.Data == nil {
		return nil, c.noAnswer("", "the response is no list")
	}
	page := &ai.Page[T]{Items: make([]T, 0, len(answer.Data))}
	for _, b := range answer.Data {
		if b == nil {
			continue
		}
		item, id := read(b)
		page.Items = append(page.Items, item)
		if answer.HasMore {
			page.Next = id
		}
	}
	return page, nil
}

// jobBody is a job as it comes.
type jobBody struct {
	ID             word
	Status         word
	Model          word
	FineTunedModel word `json:"fine_tuned_model"`
	TrainingFile   word `json:"training_file"`
	ValidationFile word `json:"validation_file"`
	Error          struct{ Code, Param, Message word }
	ResultFiles    []word `json:"result_files"`
	TrainedTokens  number `json:"trained_tokens"`
	CreatedAt      number `json:"created_at"`
	FinishedAt     number `json:"finished_at"`
	Estimated      number `json:"estimated_finish"`
}

func (b *jobBody) job() (ai.FineTuneJob, string) {
	job := ai.FineTuneJob{
		ID: string(b.ID), Status: ai.FineTuneStatus(b.Status),
		Model: string(b.Model), FineTunedModel: string(b.FineTunedModel),
		TrainingFile: string(b.TrainingFile), ValidationFile: string(b.ValidationFile),
		TrainedTokens: int64(b.TrainedTokens),
		CreatedAt:     b.CreatedAt.time(), FinishedAt: b.FinishedAt.time(), EstimatedFinish: b.Estimated.time(),
		Provider: providerName,
	}
	for _, id := range b.ResultFiles {
		if id != "" {
			job.ResultFiles = append(job.ResultFiles, string(id))
		}
	}
	if e := b.Error; e.Code != "" || e.Message != "" { // {} means that there is none
		job.Fault = &ai.FineTuneFault{Code: string(e.Code), Param: string(e.Param), Message: string(e.Message)}
	}
	return job, job.ID
}

// eventBody is an event of a job as it comes.
type eventBody struct {
	ID        word
	CreatedAt number `json:"created_at"`
	Level     word
	Type      word
	Message   word
	Data      json.RawMessage
}

func (b *eventBody) event() (ai.FineTuneEvent, string) {
	event := ai.FineTuneEvent{
		ID: string(b.ID), Time: b.CreatedAt.time(), Level: string(b.Level), Type: string(b.Type), Message: string(b.Message),
	}
	if data := string(b.Data); data != "" && data != "null" && data != "{}" {
		event.Data = b.Data
	}
	return event, event.ID
}

// number is a JSON number, whole or not; anything else is 0.
type number float64

func (n *number) UnmarshalJSON(data []byte) error {
	f, err := strconv.ParseFloat(string(data), 64)
	if err == nil && math.Abs(f) < 1<<53 {
		*n = number(f)
	}
	return nil
}

// time returns the moment that is n seconds after 1970; 0 is none.
func (n number) time() time.Time {
	const year10000 = 253402300800
	if n <= 0 || n >= year10000 {
		return time.Time{}
	}
	return time.Unix(int64(n), 0).UTC()
}
