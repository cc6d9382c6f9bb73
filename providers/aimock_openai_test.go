package providers_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"image"
	"image/png"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/finbrain/ai"
)

// draws is a fixture of an image as each interface sends it.
func draws(t *testing.T) (fixtures map[string]string, data []byte) {
	t.Helper()
	var file bytes.Buffer
	if err := png.Encode(&file, image.NewGray(image.Rect(0, 0, 3, 2))); err != nil {
		t.Fatal(err)
	}
	text := base64.StdEncoding.EncodeToString(file.Bytes())
	return map[string]string{
		"openai": `{"match": {"endpoint": "image"}, "response": {"image": {"b64Json": "` + text + `"}}}`,
		// What the server calls sound is any data that Gemini sends in line.
		"gemini": `{"response": {"audio": {"b64Json": "` + text + `", "contentType": "image/png"}}}`,
	}, file.Bytes()
}

func TestAnIndependentServerDraws(t *testing.T) {
	connect(t)
	fixtures, data := draws(t)
	for name, fixture := range fixtures {
		t.Run(name, func(t *testing.T) {
			a := connect(t)
			a.plays(t, fixture)
			resp, err := a.open(t, name).Analyze(bounded(t), ai.ImageGeneration("A chart of net debt."))
			if err != nil {
				t.Fatal(err)
			}
			if len(resp.Images) != 1 || !bytes.Equal(resp.Images[0].Data, data) {
				t.Fatalf("%d images", len(resp.Images))
			}
			if i := resp.Images[0]; i.MediaType != "image/png" || i.Width != 3 || i.Height != 2 {
				t.Errorf("%s of %d by %d", i.MediaType, i.Width, i.Height)
			}
		})
	}
}

func TestAnIndependentServerKeepsFiles(t *testing.T) {
	a := connect(t)
	files := a.client(t, openaiThere).Files("openai")
	ctx := bounded(t)
	// Bytes of every value, line ends of every kind, and what looks like a boundary.
	content := []byte("{\"messages\": []}\r\n--boundary--\r\n\n")
	for b := range 256 {
		content = append(content, byte(b))
	}
	content = bytes.Repeat(content, 500)
	for name, size := range map[string]int64{"of known size": int64(len(content)), "of unknown size": 0} {
		t.Run(name, func(t *testing.T) {
			// By way of a plain reader: no length is known but the one that is said.
			reader := struct{ *bytes.Buffer }{bytes.NewBuffer(slices.Clone(content))}
			file, err := files.Upload(ctx, &ai.FileUpload{Name: `train "ü".jsonl`, Content: reader, Size: size})
			if err != nil {
				t.Fatal(err)
			}
			if file.ID == "" || file.Name != `train "ü".jsonl` || file.Purpose != "fine-tune" || file.Size != int64(len(content)) || file.CreatedAt.IsZero() {
				t.Errorf("%+v", file)
			}
			var got bytes.Buffer
			if n, err := files.Download(ctx, file.ID, &got); err != nil || n != int64(len(content)) || !bytes.Equal(got.Bytes(), content) {
				t.Errorf("%d bytes came back: %v", n, err)
			}
			if err := files.Delete(ctx, file.ID); err != nil {
				t.Error(err)
			}
			_, err = files.Download(ctx, file.ID, &got)
			a.wantError(t, err, ai.CodeNotAvailable)
		})
	}
}

func TestAnIndependentServerTunes(t *testing.T) {
	a := connect(t)
	client := a.client(t, openaiThere)
	jobs := client.FineTuning("openai")
	ctx := bounded(t)
	file, err := client.Files("openai").Upload(ctx, &ai.FileUpload{Name: "train.jsonl", Content: strings.NewReader("{}\n")})
	if err != nil {
		t.Fatal(err)
	}
	// The server refuses a member of the request that OpenAI does not have.
	req := &ai.FineTuneRequest{
		Model: "gpt-4.1-mini", TrainingFile: file.ID, ValidationFile: file.ID, Suffix: "finbrain", Method: ai.FineTuneSupervised,
		Epochs: 3, BatchSize: 4, LearningRate: 0.5, Seed: new(int64(42)),
	}
	first, err := jobs.Create(ctx, req)
	if err != nil {
		t.Fatal(err)
	}
	if first.ID == "" || first.Status != ai.FineTuneValidating || first.Model != "gpt-4.1-mini" || first.TrainingFile != file.ID || first.Fault != nil {
		t.Errorf("%+v", first)
	}
	for range 10 { // the server goes one step on whenever it is asked
		if first, err = jobs.Get(ctx, first.ID); err != nil {
			t.Fatal(err)
		}
		if first.Status.Ended() {
			break
		}
	}
	if first.Status != ai.FineTuneSucceeded || !strings.HasPrefix(first.FineTunedModel, "ft:gpt-4.1-mini:") ||
		!strings.Contains(first.FineTunedModel, ":finbrain:") || first.FinishedAt.IsZero() || len(first.ResultFiles) != 1 {
		t.Errorf("%+v", first)
	}
	wantEvents(t, ctx, jobs, first.ID)

	second, err := jobs.Create(ctx, &ai.FineTuneRequest{Model: "gpt-4.1-mini", TrainingFile: file.ID, Epochs: 2})
	if err != nil {
		t.Fatal(err)
	}
	if second, err = jobs.Cancel(ctx, second.ID); err != nil || second.Status != ai.FineTuneCancelled {
		t.Errorf("%+v, %v", second, err)
	}
	page, err := jobs.List(ctx, ai.Cursor{Limit: 1})
	if err != nil || len(page.Items) != 1 || page.Items[0].ID != second.ID || page.Next == "" {
		t.Fatalf("%+v, %v", page, err)
	}
	if page, err = jobs.List(ctx, ai.Cursor{After: page.Next, Limit: 1}); err != nil || len(page.Items) != 1 || page.Items[0].ID != first.ID {
		t.Errorf("%+v, %v", page, err)
	}
	_, err = jobs.Get(ctx, "ftjob-none")
	a.wantError(t, err, ai.CodeNotAvailable)
}

// A job may have begun although the answer was lost.
func TestAnIndependentServersLostJobIsNotBegunAgain(t *testing.T) {
	for name, fault := range map[string]string{"500": `{"dropRate": 1}`, "disconnected": `{"disconnectRate": 1}`, "malformed": `{"malformedRate": 1}`} {
		t.Run(name, func(t *testing.T) {
			a := connect(t)
			jobs := a.client(t, openaiThere).FineTuning("openai")
			a.control(t, http.MethodPost, "/__aimock/chaos", []byte(fault))
			job, err := jobs.Create(bounded(t), &ai.FineTuneRequest{Model: "gpt-4.1-mini", TrainingFile: "file-1"})
			if err == nil {
				t.Fatalf("%+v", job)
			}
			if heard := a.heard(t); len(heard) != 1 {
				t.Errorf("asked %d times", len(heard))
			}
		})
	}
}

// wantEvents reads the job's events page by page.
func wantEvents(t *testing.T, ctx context.Context, jobs ai.FineTuning, id string) {
	t.Helper()
	var told []string
	var cursor ai.Cursor
	for cursor.Limit = 2; len(told) < 10; {
		page, err := jobs.Events(ctx, id, cursor)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range page.Items {
			if e.ID == "" || e.Time.IsZero() || e.Level != "info" {
				t.Errorf("%+v", e)
			}
			told = append(told, e.Message)
		}
		if cursor.After = page.Next; cursor.After == "" {
			break
		}
	}
	if len(told) != 4 || !strings.HasPrefix(told[0], "Training complete") || !strings.HasPrefix(told[3], "Job created") {
		t.Errorf("%q", told)
	}
}

func TestAnIndependentServersAzureInterfaceIsSpoken(t *testing.T) {
	a := connect(t)
	a.plays(t, `{"response": {"content": "`+aimockAnswer+`"}}`)
	p := a.opens(t, "azure:my-deployment?url=AIMOCK&version=2024-10-21")[0].Analyzer.(provider)
	for _, way := range ways {
		resp, err := way.ask(bounded(t), p, ai.Text(question))
		if err != nil || resp.Text != aimockAnswer {
			t.Errorf("%s: %+v, %v", way.name, resp, err)
		}
	}
	if heard := a.last(t); !strings.HasPrefix(heard.Path, "/openai/deployments/my-deployment/chat/completions?") {
		t.Errorf("asked at %s", heard.Path)
	}
}
