package mocks_test

import (
	"cmp"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	goopenai "github.com/sashabaranov/go-openai"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/mocks"
)

func upload(t *testing.T, c *goopenai.Client, purpose, content string) goopenai.File {
	t.Helper()
	file, err := c.CreateFileBytes(t.Context(), goopenai.FileBytesRequest{
		Name: "a.jsonl", Bytes: []byte(content), Purpose: goopenai.PurposeType(purpose)})
	if err != nil {
		t.Fatal(err)
	}
	return file
}

func TestOpenAIKeepsFiles(t *testing.T) {
	s, c := newOpenAI(t)
	file := upload(t, c, "fine-tune", "{}\n")
	if file.ID == "" || file.Bytes != 3 || file.FileName != "a.jsonl" || file.Purpose != "fine-tune" || file.Status != "processed" || file.CreatedAt == 0 {
		t.Errorf("%+v", file)
	}
	if again, err := c.GetFile(t.Context(), file.ID); err != nil || again.ID != file.ID {
		t.Errorf("%+v, %v", again, err)
	}
	content, err := c.GetFileContent(t.Context(), file.ID)
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(content)
	_ = content.Close()
	if err != nil || string(data) != "{}\n" {
		t.Errorf("%q, %v", data, err)
	}
	other := upload(t, c, "user_data", "x")
	list, err := c.ListFiles(t.Context())
	if err != nil || len(list.Files) != 2 || list.Files[0].ID != other.ID {
		t.Errorf("%+v, %v", list, err)
	}
	if err := c.DeleteFile(t.Context(), file.ID); err != nil {
		t.Error(err)
	}
	if _, err := c.GetFile(t.Context(), file.ID); seen(err) != "404 0" {
		t.Errorf("a deleted file: %v", err)
	}
	if err := c.DeleteFile(t.Context(), file.ID); seen(err) != "404 0" {
		t.Errorf("a deleted file: %v", err)
	}
	for _, purpose := range []string{"", "fun"} {
		if _, err := c.CreateFileBytes(t.Context(), goopenai.FileBytesRequest{Name: "a", Bytes: []byte("x"), Purpose: goopenai.PurposeType(purpose)}); seen(err) != "400 0" {
			t.Errorf("purpose %q: %v", purpose, err)
		}
	}
	s.Script(mocks.Unavailable().On(ai.KindFile))
	if _, err := c.ListFiles(t.Context()); seen(err) != "503 0" {
		t.Errorf("a fault of files: %v", err)
	}
	if x := s.Calls()[0]; x.Kind != ai.KindFile || x.Path != "/v1/files" {
		t.Errorf("%+v", x)
	}
}

func TestAFineTuningJobGoesAStepFurtherEachTimeItIsAsked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, c := newOpenAI(t)
		file := upload(t, c, "fine-tune", "{}\n\n{\"a\":1}")
		job, err := c.CreateFineTuningJob(t.Context(), goopenai.FineTuningJobRequest{Model: "gpt-4.1", TrainingFile: file.ID, Suffix: "fin"})
		if err != nil {
			t.Fatal(err)
		}
		if job.Status != "validating_files" || job.CreatedAt != time.Now().Unix() || job.FinishedAt != 0 {
			t.Errorf("%+v", job)
		}
		for _, want := range []string{"validating_files", "queued", "running", "succeeded", "succeeded"} {
			job, err = c.RetrieveFineTuningJob(t.Context(), job.ID)
			if err != nil || job.Status != want || (job.FinishedAt != 0) != (want == "succeeded") {
				t.Errorf("%+v, %v; want %s", job, err, want)
			}
		}
		if !strings.HasPrefix(job.FineTunedModel, "ft:gpt-4.1:emulated:fin:") || job.TrainedTokens == 0 {
			t.Errorf("%+v", job)
		}
		if _, err = c.CancelFineTuningJob(t.Context(), job.ID); seen(err) != "400 0" {
			t.Errorf("a finished job was cancelled: %v", err)
		}
		events, err := c.ListFineTuningJobEvents(t.Context(), job.ID, goopenai.ListFineTuningJobEventsWithLimit(2))
		if err != nil || len(events.Data) != 2 || !events.HasMore || !strings.Contains(events.Data[0].Message, "successfully completed") {
			t.Errorf("%+v, %v", events, err)
		}
		if x := s.Calls()[1]; x.Kind != ai.KindFineTuning || x.Model != "gpt-4.1" {
			t.Errorf("%+v", x)
		}
	})
}

func TestAFineTuningJobFailsOnABadFileAndCanBeCancelled(t *testing.T) {
	s, c := newOpenAI(t)
	bad, good := upload(t, c, "fine-tune", "{}\nnot JSON"), upload(t, c, "fine-tune", "{}")
	other := upload(t, c, "user_data", "{}")
	for _, id := range []string{"file-unknown", other.ID} {
		if _, err := c.CreateFineTuningJob(t.Context(), goopenai.FineTuningJobRequest{Model: "m", TrainingFile: id}); seen(err) != "400 0" {
			t.Errorf("%s: %v", id, err)
		}
	}
	var ids []string
	for _, file := range []string{bad.ID, good.ID, good.ID} {
		job, err := c.CreateFineTuningJob(t.Context(), goopenai.FineTuningJobRequest{Model: "m", TrainingFile: file})
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, job.ID)
	}
	for range 2 {
		_, _ = c.RetrieveFineTuningJob(t.Context(), ids[0])
	}
	get := func(path string) string {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.BaseURL()+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer any")
		resp, err := s.Client().Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		data, _ := io.ReadAll(resp.Body)
		return fmt.Sprint(resp.StatusCode, " ", string(data))
	}
	if body := get("/fine_tuning/jobs/" + ids[0]); !strings.Contains(body, `"status":"failed"`) || !strings.Contains(body, `"error":{"code":"invalid_training_file"`) {
		t.Error(body)
	}
	job, err := c.CancelFineTuningJob(t.Context(), ids[1])
	if err != nil || job.Status != "cancelled" || job.FinishedAt == 0 {
		t.Errorf("%+v, %v", job, err)
	}
	if body := get("/fine_tuning/jobs?limit=2"); !strings.HasPrefix(body, "200") || !strings.Contains(body, `"has_more":true`) ||
		strings.Index(body, ids[2]) > strings.Index(body, ids[1]) || strings.Contains(body, ids[0]) {
		t.Error(body)
	}
	if body := get("/fine_tuning/jobs?after=" + ids[1]); !strings.Contains(body, ids[0]) || strings.Contains(body, ids[2]) || !strings.Contains(body, `"has_more":false`) {
		t.Error(body)
	}
	if body := get("/fine_tuning/jobs?limit=3"); !strings.Contains(body, `"has_more":false`) {
		t.Error(body)
	}
	for path, status := range map[string]string{
		"/fine_tuning/jobs?limit=0": "400", "/fine_tuning/jobs?after=x": "404", "/fine_tuning/jobs/x": "404",
		"/fine_tuning/jobs/a%2Fb": "404", "/fine_tuning": "404", "/fine_tuning/jobs/x/cancel": "405",
		"/files/a/b": "405", "/files/a/content/c": "404",
	} {
		if body := get(path); !strings.HasPrefix(body, status) {
			t.Errorf("%s: %s", path, body)
		}
	}
}

func TestOpenAIMakesImages(t *testing.T) {
	s, c := newOpenAI(t)
	for _, format := range []string{"", "png", "jpeg", "webp"} {
		resp, err := c.CreateImage(t.Context(), goopenai.ImageRequest{
			Model: "gpt-image-2", Prompt: "A covenant.", N: 2, Size: "48x32", OutputFormat: format})
		if err != nil || len(resp.Data) != 2 || resp.Usage.TotalTokens == 0 || resp.Usage.InputTokensDetails.TextTokens == 0 {
			t.Fatalf("%+v, %v", resp, err)
		}
		data, err := base64.StdEncoding.DecodeString(resp.Data[0].B64JSON)
		if want := "image/" + cmp.Or(format, "png"); err != nil || http.DetectContentType(data) != want {
			t.Errorf("%s: %s, %v", format, http.DetectContentType(data), err)
		}
		if resp.Data[0].B64JSON == resp.Data[1].B64JSON {
			t.Error("twice the same image")
		}
	}
	s.Answer(mocks.Answer{Text: "not for images"}, mocks.Answer{Images: []ai.GeneratedImage{{Data: []byte("image"), MediaType: "image/png"}}})
	resp, err := c.CreateImage(t.Context(), goopenai.ImageRequest{Model: "dall-e-3", Prompt: "x", ResponseFormat: "b64_json"})
	if err != nil || resp.Data[0].B64JSON != "aW1hZ2U=" || resp.Data[0].RevisedPrompt == "" || resp.Usage.TotalTokens != 0 {
		t.Errorf("%+v, %v", resp, err)
	}
	resp, err = c.CreateImage(t.Context(), goopenai.ImageRequest{Model: "dall-e-3", Prompt: "x"})
	if err != nil || !strings.HasPrefix(resp.Data[0].URL, "https://") || resp.Data[0].B64JSON != "" {
		t.Errorf("%+v, %v", resp, err)
	}
	tests := map[string]goopenai.ImageRequest{
		"prompt":          {Model: "m"},
		"n":               {Model: "m", Prompt: "x", N: 11},
		"size":            {Model: "gpt-image-1", Prompt: "x", Size: "100x100"},
		"output_format":   {Model: "m", Prompt: "x", OutputFormat: "gif"},
		"response_format": {Model: "gpt-image-1", Prompt: "x", ResponseFormat: "b64_json"},
	}
	for param, req := range tests {
		var e *goopenai.APIError
		if _, err := c.CreateImage(t.Context(), req); !errors.As(err, &e) || e.Param == nil || *e.Param != param {
			t.Errorf("%s: %v", param, err)
		}
	}
}
