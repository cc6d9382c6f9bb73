package mocks

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"sync"
	"time"
)

// maxStoreBytes bounds the files that a Server keeps, and maxJobs its
// fine-tuning jobs.
const (
	maxStoreBytes = 256 << 20
	maxJobs       = 1 << 12
)

// openAIStore is what calls have put at the service: files and fine-tuning
// jobs, oldest first. It is safe for concurrent use.
type openAIStore struct {
	mu    sync.Mutex
	count int // of IDs given out
	files []*openAIFile
	bytes int
	jobs  []*openAIJob
}

// id makes an ID. s.mu is held.
func (s *openAIStore) id(prefix string) string {
	s.count++
	return fmt.Sprintf("%s-emulated%06d", prefix, s.count)
}

// now is in seconds, as the service tells time.
func now() int64 { return time.Now().Unix() }

// notStored is the problem of an ID that is not known.
func notStored(what, id string) *problem {
	return &problem{status: http.StatusNotFound, param: "id", message: fmt.Sprintf("No such %s: %s", what, id)}
}

// openAIPage is one page of a list.
type openAIPage[T any] struct {
	Object  string `json:"object"`
	Data    []T    `json:"data"`
	FirstID string `json:"first_id,omitempty"`
	LastID  string `json:"last_id,omitempty"`
	HasMore bool   `json:"has_more"`
}

// page returns the entries of a list, newest first, that follow the one whose
// ID is the parameter after, as many as the parameter limit says.
func page[T any](query url.Values, entries []T, id func(T) string) (reply, *problem) {
	const usual, most = 20, 100
	limit := usual
	if text := query.Get("limit"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > most {
			return reply{}, wrong("limit", fmt.Sprintf("The parameter 'limit' is not from 1 to %d.", most))
		}
		limit = n
	}
	entries = slices.Clone(entries)
	slices.Reverse(entries)
	if after := query.Get("after"); after != "" {
		i := slices.IndexFunc(entries, func(e T) bool { return id(e) == after })
		if i < 0 {
			return reply{}, notStored("entry", after)
		}
		entries = entries[i+1:]
	}
	p := openAIPage[T]{Object: "list", Data: entries[:min(limit, len(entries))], HasMore: len(entries) > limit}
	if len(p.Data) > 0 {
		p.FirstID, p.LastID = id(p.Data[0]), id(p.Data[len(p.Data)-1])
	}
	return marshal(http.StatusOK, plainJSON, p), nil
}
