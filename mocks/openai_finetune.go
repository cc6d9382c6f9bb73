package mocks

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/mocks/internal/emulate"
)

// openAIJob is a fine-tuning job
// (https://platform.openai.com/docs/api-reference/fine-tuning/object). It goes
// one step further each time it is asked for: validating_files, queued,
// running, succeeded. When its training file is not JSON Lines it fails after
// the first, as at the service.
type openAIJob struct {
	Object         string         `json:"object"`
	ID             string         `json:"id"`
	Model          string         `json:"model"`
	CreatedAt      int64          `json:"created_at"`
	FinishedAt     *int64         `json:"finished_at"`
	FineTunedModel *string        `json:"fine_tuned_model"`
	OrganizationID string         `json:"organization_id"`
	ResultFiles    []string       `json:"result_files"`
	Status         string         `json:"status"`
	ValidationFile *string        `json:"validation_file"`
	TrainingFile   string         `json:"training_file"`
	Parameters     map[string]any `json:"hyperparameters"`
	TrainedTokens  *int           `json:"trained_tokens"`
	Error          openAIJobError `json:"error"`
	Suffix         *string        `json:"user_provided_suffix"`
	Seed           int            `json:"seed"`

	valid  bool // its training file
	tokens int
	events []openAIJobEvent
}

// openAIJobError has no field while all is well.
type openAIJobError struct {
	Code    string  `json:"code,omitempty"`
	Message string  `json:"message,omitempty"`
	Param   *string `json:"param,omitempty"`
}

type openAIJobEvent struct {
	Object    string   `json:"object"`
	ID        string   `json:"id"`
	CreatedAt int64    `json:"created_at"`
	Level     string   `json:"level"`
	Message   string   `json:"message"`
	Data      struct{} `json:"data"`
	Type      string   `json:"type"`
}

type openAIJobRequest struct {
	Model           string         `json:"model"`
	TrainingFile    string         `json:"training_file"`
	ValidationFile  *string        `json:"validation_file"`
	Hyperparameters map[string]any `json:"hyperparameters"`
	Suffix          *string        `json:"suffix"`
	Seed            int            `json:"seed"`
}

// readFineTuning reads a call of /v1/fine_tuning; steps is the path below.
func (q *question) readFineTuning(r *http.Request, steps []string, body []byte) *problem {
	do := func(operation func(s *openAIStore) (reply, *problem)) *problem {
		q.openAI.operation = func(s *openAIStore) (reply, *problem) {
			s.mu.Lock()
			defer s.mu.Unlock()
			return operation(s)
		}
		return nil
	}
	query, get, post := r.URL.Query(), r.Method == http.MethodGet, r.Method == http.MethodPost
	switch {
	case len(steps) == 0 || steps[0] != "jobs":
		return nowhere()
	case len(steps) == 1 && post:
		var req openAIJobRequest
		err := json.Unmarshal(body, &req)
		q.model = req.Model
		switch {
		case err != nil:
			return wrong("", "The body is not the JSON of a fine-tuning job.")
		case req.Model == "" || req.TrainingFile == "":
			return wrong("training_file", "The parameter 'model' or 'training_file' is missing.")
		}
		return do(func(s *openAIStore) (reply, *problem) { return s.createJob(req) })
	case len(steps) == 1 && get:
		return do(func(s *openAIStore) (reply, *problem) {
			return page(query, s.jobs, func(j *openAIJob) string { return j.ID })
		})
	case len(steps) == 2 && get:
		return do(func(s *openAIStore) (reply, *problem) {
			return s.withJob(steps[1], func(j *openAIJob) (reply, *problem) {
				out := marshal(http.StatusOK, plainJSON, j)
				j.advance(s)
				return out, nil
			})
		})
	case len(steps) == 3 && steps[2] == "cancel" && post:
		return do(func(s *openAIStore) (reply, *problem) {
			return s.withJob(steps[1], func(j *openAIJob) (reply, *problem) { return j.cancel(s) })
		})
	case len(steps) == 3 && steps[2] == "events" && get:
		return do(func(s *openAIStore) (reply, *problem) {
			return s.withJob(steps[1], func(j *openAIJob) (reply, *problem) {
				return page(query, j.events, func(e openAIJobEvent) string { return e.ID })
			})
		})
	case len(steps) <= 2, len(steps) == 3 && (steps[2] == "cancel" || steps[2] == "events"):
		return notAllowed("GET or POST")
	}
	return nowhere()
}

func (s *openAIStore) createJob(req openAIJobRequest) (reply, *problem) {
	training := s.file(req.TrainingFile)
	switch {
	case training == nil:
		return reply{}, wrong("training_file", "invalid training_file: "+req.TrainingFile)
	case req.ValidationFile != nil && s.file(*req.ValidationFile) == nil:
		return reply{}, wrong("validation_file", "invalid validation_file: "+*req.ValidationFile)
	case training.Purpose != "fine-tune":
		return reply{}, wrong("training_file", "The file's purpose is not fine-tune.")
	case len(s.jobs) == maxJobs:
		return reply{}, &problem{code: ai.CodeRateLimited, message: "The emulation keeps no more jobs."}
	}
	j := &openAIJob{
		Object: "fine_tuning.job", ID: s.id("ftjob"), Model: req.Model, CreatedAt: now(), OrganizationID: "org-emulated",
		ResultFiles: []string{}, Status: "validating_files", ValidationFile: req.ValidationFile,
		TrainingFile: req.TrainingFile, Parameters: req.Hyperparameters, Suffix: req.Suffix, Seed: req.Seed,
		valid: jsonLines(training.content), tokens: emulate.Tokens(string(training.content)),
	}
	if j.Parameters == nil {
		j.Parameters = map[string]any{"n_epochs": "auto", "batch_size": "auto", "learning_rate_multiplier": "auto"}
	}
	s.jobs = append(s.jobs, j)
	j.tell(s, "info", "Created fine-tuning job: "+j.ID)
	j.tell(s, "info", "Validating training file: "+j.TrainingFile)
	return marshal(http.StatusOK, plainJSON, j), nil
}

// jsonLines reports whether every line is a JSON object.
func jsonLines(data []byte) bool {
	for line := range bytes.Lines(data) {
		if line = bytes.TrimSpace(line); len(line) > 0 && (line[0] != '{' || !json.Valid(line)) {
			return false
		}
	}
	return true
}

func (s *openAIStore) withJob(id string, do func(*openAIJob) (reply, *problem)) (reply, *problem) {
	for _, j := range s.jobs {
		if j.ID == id {
			return do(j)
		}
	}
	return reply{}, notStored("fine-tuning job", id)
}

// advance takes the job a step further.
func (j *openAIJob) advance(s *openAIStore) {
	switch j.Status {
	case "validating_files":
		if !j.valid {
			j.Error = openAIJobError{
				Code: "invalid_training_file", Param: new("training_file"),
				Message: "The job failed due to an invalid training file. Expected file to have JSONL format, where every line is a valid JSON dictionary.",
			}
			j.end(s, "failed", "error", j.Error.Message)
			return
		}
		j.Status = "queued"
		j.tell(s, "info", "Files validated, moving job to queued state")
	case "queued":
		j.Status = "running"
		j.tell(s, "info", "Fine-tuning job started")
	case "running":
		suffix := ""
		if j.Suffix != nil {
			suffix = *j.Suffix
		}
		j.FineTunedModel = new(fmt.Sprintf("ft:%s:emulated:%s:%s", j.Model, suffix, j.ID[len(j.ID)-6:]))
		j.TrainedTokens = &j.tokens
		j.end(s, "succeeded", "info", "The job has successfully completed")
	}
}

func (j *openAIJob) cancel(s *openAIStore) (reply, *problem) {
	if j.FinishedAt != nil {
		return reply{}, wrong("", fmt.Sprintf("Job has already completed: %s", j.ID))
	}
	j.end(s, "cancelled", "info", "Fine-tuning job canceled")
	return marshal(http.StatusOK, plainJSON, j), nil
}

func (j *openAIJob) end(s *openAIStore, status, level, message string) {
	j.Status, j.FinishedAt = status, new(now())
	j.tell(s, level, message)
}

// tell adds an event.
func (j *openAIJob) tell(s *openAIStore, level, message string) {
	j.events = append(j.events, openAIJobEvent{
		Object: "fine_tuning.job.event", ID: s.id("ftevent"), CreatedAt: now(), Level: level, Message: message, Type: "message",
	})
}
