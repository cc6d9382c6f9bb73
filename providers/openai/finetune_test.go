package openai_test

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	library "github.com/sashabaranov/go-openai"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/internal/wiretest"
	"github.com/finbrain/ai/providers/openai"
)

const jobBody = `{"object":"fine_tuning.job","id":"ftjob-1","model":"gpt-4.1","created_at":1728975280,"finished_at":1728975290.5,
	"fine_tuned_model":"ft:gpt-4.1:x","result_files":["file-2",null,{}],"status":"failed","validation_file":null,"training_file":"file-1",
	"trained_tokens":1200,"error":{"code":"invalid_training_file","param":"training_file","message":"Line 3."},"seed":1,
	"estimated_finish":null,"integrations":[],"hyperparameters":{"n_epochs":"auto"},"later":{"a":[1]}}`

var wantJob = ai.FineTuneJob{
	ID: "ftjob-1", Status: ai.FineTuneFailed, Model: "gpt-4.1", FineTunedModel: "ft:gpt-4.1:x", TrainingFile: "file-1", ResultFiles: []string{"file-2"},
	TrainedTokens: 1200, Fault: &ai.FineTuneFault{Code: "invalid_training_file", Param: "training_file", Message: "Line 3."},
	CreatedAt: time.Date(2024, 10, 15, 6, 54, 40, 0, time.UTC), FinishedAt: time.Date(2024, 10, 15, 6, 54, 50, 0, time.UTC), Provider: "openai",
}

func TestAJobHasEveryField(t *testing.T) {
	for name, do := range map[string]func(*openai.Provider) (*ai.FineTuneJob, error){
		"POST /v1/fine_tuning/jobs": func(p *openai.Provider) (*ai.FineTuneJob, error) {
			return p.CreateFineTune(t.Context(), &ai.FineTuneRequest{Model: "m", TrainingFile: "f"})
		},
		"GET /v1/fine_tuning/jobs/ftjob-1":         func(p *openai.Provider) (*ai.FineTuneJob, error) { return p.FineTune(t.Context(), "ftjob-1") },
		"POST /v1/fine_tuning/jobs/ftjob-1/cancel": func(p *openai.Provider) (*ai.FineTuneJob, error) { return p.CancelFineTune(t.Context(), "ftjob-1") },
	} {
		w := wiretest.Answering(200, jobBody, "X-Request-Id", "req_1")
		got, err := do(provider(t, w))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		want := wantJob
		want.RequestID = "req_1"
		if !reflect.DeepEqual(*got, want) {
			t.Errorf("%s: got  %s\nwant %s", name, show(got), show(want))
		}
		sent := w.Requests()[0]
		if where := sent.Method + " " + strings.TrimPrefix(sent.URL, "https://api.openai.com"); where != name || sent.Header.Get("Authorization") != "Bearer "+testKey {
			t.Errorf("sent %s %v", where, sent.Header)
		}
	}
}

func TestAnEmptyErrorIsNone(t *testing.T) {
	for _, body := range []string{`{"id":"x","error":{}}`, `{"id":"x","error":null}`, `{"id":"x","error":{"code":null,"message":null}}`, `{"id":"x","created_at":"soon","error":[]}`} {
		if got, err := provider(t, wiretest.Answering(200, body)).FineTune(t.Context(), "x"); err != nil || got.Fault != nil || got.ID != "x" || !got.CreatedAt.IsZero() {
			t.Errorf("%s: %+v, %v", body, got, err)
		}
	}
}

// What goes on the wire is what the library would send for the same meaning.
func TestAJobIsAskedForAsTheLibraryAsks(t *testing.T) {
	for name, c := range map[string]struct {
		ours   ai.FineTuneRequest
		theirs library.FineTuningJobRequest
		more   map[string]any
	}{
		"least": {ai.FineTuneRequest{}, library.FineTuningJobRequest{}, nil},
		"all": {ai.FineTuneRequest{ValidationFile: "file-2", Suffix: "covenants", Epochs: 3, BatchSize: 8, LearningRate: 0.5},
			library.FineTuningJobRequest{ValidationFile: "file-2", Suffix: "covenants", Hyperparameters: &library.Hyperparameters{Epochs: 3, BatchSize: 8, LearningRateMultiplier: 0.5}}, nil},
		"method": {ai.FineTuneRequest{Method: ai.FineTuneDPO, Epochs: 2, Seed: new(int64(0))}, library.FineTuningJobRequest{},
			map[string]any{"seed": 0.0, "method": map[string]any{"type": "dpo", "dpo": map[string]any{"hyperparameters": map[string]any{"n_epochs": 2.0}}}}},
		"method alone": {ai.FineTuneRequest{Method: ai.FineTuneSupervised}, library.FineTuningJobRequest{},
			map[string]any{"method": map[string]any{"type": "supervised", "supervised": map[string]any{}}}},
	} {
		w, raw := wiretest.Answering(200, jobBody), wiretest.Answering(200, "{}")
		c.ours.Model, c.ours.TrainingFile = "tuned", "file-1"
		p := provider(t, w, func(c *openai.Config) { c.Aliases = map[string]string{"tuned": "gpt-4.1"} })
		if _, err := p.CreateFineTune(t.Context(), &c.ours); err != nil {
			t.Fatal(err)
		}
		c.theirs.Model, c.theirs.TrainingFile = "gpt-4.1", "file-1"
		config := library.DefaultConfig(testKey)
		config.HTTPClient = &http.Client{Transport: raw}
		if _, err := library.NewClientWithConfig(config).CreateFineTuningJob(t.Context(), c.theirs); err != nil {
			t.Fatal(err)
		}
		_, got := w.Only(t)
		_, want := raw.Only(t)
		maps.Copy(want, c.more)
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: sent %v, want %v", name, got, want)
		}
	}
}

func TestListsHaveTheirCursor(t *testing.T) {
	event := `{"object":"fine_tuning.job.event","id":"ftevent-1","created_at":1728975280,"level":"info","message":"Step 1","type":"metrics","data":{"step":1}}`
	for name, c := range map[string]struct {
		body, next string
		count      int
	}{
		"more":    {`{"object":"list","data":[` + event + `,{"id":"ftevent-2","data":{}}],"has_more":true}`, "ftevent-2", 2},
		"no more": {`{"object":"list","data":[` + event + `],"has_more":false}`, "", 1},
		"unsaid":  {`{"data":[` + event + `,null]}`, "", 1},
		"empty":   {`{"data":[],"has_more":true}`, "", 0},
	} {
		w := wiretest.Answering(200, c.body)
		got, err := provider(t, w).FineTuneEvents(t.Context(), "ftjob-1", ai.Cursor{After: "ftevent-0&x=/../", Limit: 20})
		if err != nil || got.Next != c.next || len(got.Items) != c.count {
			t.Errorf("%s: %+v, %v", name, got, err)
			continue
		}
		if where := w.Requests()[0].URL; where != "https://api.openai.com/v1/fine_tuning/jobs/ftjob-1/events?after=ftevent-0%26x%3D%2F..%2F&limit=20" {
			t.Errorf("asked %s", where)
		}
		want := ai.FineTuneEvent{ID: "ftevent-1", Time: wantJob.CreatedAt, Level: "info", Message: "Step 1", Type: "metrics", Data: json.RawMessage(`{"step":1}`)}
		if c.count > 0 && !reflect.DeepEqual(got.Items[0], want) || c.count > 1 && got.Items[1].Data != nil {
			t.Errorf("%s: %+v", name, got.Items)
		}
	}
	w := wiretest.Answering(200, `{"data":[`+jobBody+`],"has_more":true}`)
	jobs, err := provider(t, w).FineTunes(t.Context(), ai.Cursor{})
	if err != nil || jobs.Next != "ftjob-1" || len(jobs.Items) != 1 || !reflect.DeepEqual(jobs.Items[0], wantJob) || w.Requests()[0].URL != "https://api.openai.com/v1/fine_tuning/jobs" {
		t.Errorf("%+v, %v, asked %s", jobs, err, w.Requests()[0].URL)
	}
}

// places are the calls whose addresses hold an identifier.
func places(ctx context.Context, p *openai.Provider, id string) map[string]func() error {
	return map[string]func() error{
		"get":      func() error { _, err := p.FineTune(ctx, id); return err },
		"cancel":   func() error { _, err := p.CancelFineTune(ctx, id); return err },
		"events":   func() error { _, err := p.FineTuneEvents(ctx, id, ai.Cursor{}); return err },
		"download": func() error { _, err := p.DownloadFile(ctx, id, new(strings.Builder)); return err },
		"delete":   func() error { return p.DeleteFile(ctx, id) },
	}
}

func TestAnIdentifierIsOnePartOfTheAddress(t *testing.T) {
	for _, id := range []string{"../../models", "a/b", "x?limit=1", "x#y", "a b", "%2e%2e", "x\r\ny", "ä"} {
		for name := range places(t.Context(), nil, id) {
			var path string
			w := &wiretest.Wire{Answer: func(req *http.Request) (*http.Response, error) {
				path = req.URL.EscapedPath()
				return wiretest.Response(200, `{"id":"x","data":[],"deleted":true}`), nil
			}}
			if err := places(t.Context(), provider(t, w), id)[name](); err != nil {
				t.Errorf("%s of %q: %v", name, id, err)
			}
			base, more := "/v1/fine_tuning/jobs/", map[string]int{"cancel": 1, "events": 1, "download": 1}[name]
			if name == "download" || name == "delete" {
				base = "/v1/files/"
			}
			rest, ok := strings.CutPrefix(path, base)
			if !ok || strings.Count(rest, "/") != more || strings.Contains(rest, "..") && !strings.Contains(rest, "%2F") {
				t.Errorf("%s of %q went to %s", name, id, path)
			}
			if sent := w.Requests()[0].URL; strings.Contains(sent, "?") || strings.Contains(sent, "#") {
				t.Errorf("%s of %q went to %s", name, id, sent)
			}
		}
	}
	for _, id := range []string{"", ".", ".."} {
		w := wiretest.Answering(200, "{}")
		for name, do := range places(t.Context(), provider(t, w), id) {
			if e := asError(t, do()); e.Code != ai.CodeInvalidRequest || e.Field != "id" || len(w.Requests()) != 0 {
				t.Errorf("%s of %q: %#v", name, id, e)
			}
		}
	}
}

func TestAFailureOfAJobOrAFileHasItsCode(t *testing.T) {
	for name, c := range map[string]struct {
		status int
		body   string
		code   ai.Code
	}{
		"none":      {404, `{"error":{"message":"Could not find fine tune: 123","type":"invalid_request_error","param":"fine_tune_id","code":"fine_tune_not_found"}}`, ai.CodeNotAvailable},
		"limit":     {429, refused("x", "requests", `"rate_limit_exceeded"`), ai.CodeRateLimited},
		"key":       {401, refused("x", "invalid_request_error", `"invalid_api_key"`), ai.CodeAuthentication},
		"argument":  {400, refused("x", "invalid_request_error", "null"), ai.CodeInvalidRequest},
		"down":      {503, "<html>", ai.CodeUnavailable},
		"redirect":  {302, "", ai.CodeBadResponse},
		"disguised": {200, refused("x", "server_error", "null"), ai.CodeUnavailable},
		"HTML":      {200, "<html>", ai.CodeBadResponse},
		"cut":       {200, `{"id":"x`, ai.CodeBadResponse},
		"list":      {200, `[]`, ai.CodeBadResponse},
	} {
		for what, do := range places(t.Context(), provider(t, wiretest.Answering(c.status, c.body, "X-Request-Id", "req_1", "Location", "https://example.com")), "x") {
			if c.status == 200 && (what == "download" || what == "delete" && name == "list") {
				continue // a file may hold anything
			}
			e := asError(t, do())
			if e.Code != c.code || c.status != 302 && (e.Status != c.status || e.RequestID != "req_1") {
				t.Errorf("%s, %s: %#v", what, name, e)
			}
		}
	}
}

func TestACancelEndsAJobsCallBeforeAnythingIsSent(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	w := wiretest.Answering(200, "{}")
	p := provider(t, w)
	list := places(ctx, p, "x")
	list["create"] = func() error {
		_, err := p.CreateFineTune(ctx, &ai.FineTuneRequest{Model: "m", TrainingFile: "f"})
		return err
	}
	list["list"] = func() error { _, err := p.FineTunes(ctx, ai.Cursor{}); return err }
	list["upload"] = func() error {
		_, err := p.UploadFile(ctx, &ai.FileUpload{Name: "x", Content: strings.NewReader("x")})
		return err
	}
	for name, do := range list {
		if e := asError(t, do()); e.Code != ai.CodeCanceled {
			t.Errorf("%s: %#v", name, e)
		}
	}
	if len(w.Requests()) != 0 {
		t.Error("something was sent")
	}
}

func TestAzuresJobsAndFilesHaveTheirAddress(t *testing.T) {
	w := wiretest.Answering(200, `{"id":"x","data":[],"deleted":true}`)
	p := provider(t, w, func(c *openai.Config) { c.BaseURL, c.APIVersion = "https://name.openai.azure.com", "2024-10-21" })
	for _, do := range places(t.Context(), p, "x") {
		if err := do(); err != nil {
			t.Error(err)
		}
	}
	for _, sent := range w.Requests() {
		if !strings.HasPrefix(sent.URL, "https://name.openai.azure.com/openai/fi") || !strings.HasSuffix(sent.URL, "?api-version=2024-10-21") || sent.Header.Get("Api-Key") != testKey {
			t.Errorf("sent to %s", sent.URL)
		}
	}
}
