package mocks

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"slices"

	"github.com/finbrain/ai"
)

// openAIFile is a file at the service
// (https://platform.openai.com/docs/api-reference/files/object).
type openAIFile struct {
	ID        string `json:"id"`
	Object    string `json:"object"`
	Bytes     int    `json:"bytes"`
	CreatedAt int64  `json:"created_at"`
	Filename  string `json:"filename"`
	Purpose   string `json:"purpose"`
	Status    string `json:"status"`

	content []byte
}

// readFiles reads a call of /v1/files; steps is the path below.
func (q *question) readFiles(r *http.Request, steps []string, body []byte) *problem {
	switch {
	case len(steps) == 0 && r.Method == http.MethodPost:
		file, p := readForm(r, body)
		q.openAI.operation = func(s *openAIStore) (reply, *problem) { return s.putFile(file) }
		return p
	case len(steps) == 0 && r.Method == http.MethodGet:
		query := r.URL.Query()
		q.openAI.operation = func(s *openAIStore) (reply, *problem) {
			s.mu.Lock()
			defer s.mu.Unlock()
			return page(query, s.files, func(f *openAIFile) string { return f.ID })
		}
		return nil
	case len(steps) == 1 && r.Method == http.MethodGet:
		q.openAI.operation = func(s *openAIStore) (reply, *problem) { return s.getFile(steps[0], false) }
		return nil
	case len(steps) == 2 && steps[1] == "content" && r.Method == http.MethodGet:
		q.openAI.operation = func(s *openAIStore) (reply, *problem) { return s.getFile(steps[0], true) }
		return nil
	case len(steps) == 1 && r.Method == http.MethodDelete:
		q.openAI.operation = func(s *openAIStore) (reply, *problem) { return s.deleteFile(steps[0]) }
		return nil
	case len(steps) <= 2:
		return notAllowed("GET, POST or DELETE")
	}
	return nowhere()
}

// readForm reads an upload: the fields purpose and file.
func readForm(r *http.Request, body []byte) (*openAIFile, *problem) {
	mediaType, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || mediaType != "multipart/form-data" {
		return nil, wrong("", "The body is no multipart form.")
	}
	file := &openAIFile{Object: "file", Status: "processed"}
	var there bool
	form := multipart.NewReader(bytes.NewReader(body), params["boundary"])
	for {
		part, err := form.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, wrong("", "The multipart form is broken.")
		}
		content, err := io.ReadAll(part)
		if err != nil {
			return nil, wrong("", "The multipart form is broken.")
		}
		switch part.FormName() {
		case "purpose":
			file.Purpose = string(content)
		case "file":
			file.Filename, file.content, there = part.FileName(), content, true
		}
	}
	file.Bytes = len(file.content)
	switch {
	case file.Purpose == "":
		return nil, wrong("purpose", "The parameter 'purpose' is missing.")
	case !there || file.Filename == "":
		return nil, wrong("file", "The parameter 'file' is missing.")
	case !slices.Contains([]string{"assistants", "batch", "fine-tune", "vision", "user_data", "evals"}, file.Purpose):
		return nil, wrong("purpose", "There is no such purpose.")
	case len(file.content) == 0:
		return nil, wrong("file", "The file is empty.")
	}
	return file, nil
}

func (s *openAIStore) putFile(file *openAIFile) (reply, *problem) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.bytes+file.Bytes > maxStoreBytes {
		return reply{}, &problem{code: ai.CodeTooLarge, message: "The emulation keeps no more files."}
	}
	file.ID, file.CreatedAt = s.id("file"), now()
	s.files = append(s.files, file)
	s.bytes += file.Bytes
	return marshal(http.StatusOK, plainJSON, file), nil
}

// file finds a file by its ID; nil when there is none. s.mu is held.
func (s *openAIStore) file(id string) *openAIFile {
	for _, f := range s.files {
		if f.ID == id {
			return f
		}
	}
	return nil
}

func (s *openAIStore) getFile(id string, content bool) (reply, *problem) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.file(id)
	switch {
	case f == nil:
		return reply{}, notStored("File object", id)
	case content:
		header := http.Header{}
		header.Set("Content-Type", "application/octet-stream")
		return reply{status: http.StatusOK, header: header, body: f.content}, nil
	}
	return marshal(http.StatusOK, plainJSON, f), nil
}

func (s *openAIStore) deleteFile(id string) (reply, *problem) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.file(id)
	if f == nil {
		return reply{}, notStored("File object", id)
	}
	s.files = slices.DeleteFunc(s.files, func(one *openAIFile) bool { return one == f })
	s.bytes -= f.Bytes
	return marshal(http.StatusOK, plainJSON, struct {
		ID      string `json:"id"`
		Object  string `json:"object"`
		Deleted bool   `json:"deleted"`
	}{id, "file", true}), nil
}
