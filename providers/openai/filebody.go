package openai

import (
	"errors"
	"io"
	"sync"

	"github.com/finbrain/ai"
)

// source is a file on its way out. net/http may still be reading a request's
// body when it has the response: what comes after stop finds nothing.
type source struct {
	from io.Reader
	size int64 // 0 if unknown

	mu    sync.Mutex
	read  int64
	fault *ai.Error // what is wrong with the content
	ended bool
}

// errStopped ends the sending of a body.
var errStopped = errors.New("the file is not sent any further")

// stop lets no further read begin. It does not wait for one that has begun. It
// returns what was wrong with the content.
func (s *source) stop() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended = true
	if s.fault != nil {
		return s.fault
	}
	return nil
}

// Read hands on the content and checks its length: a file of another length
// than announced never arrives as a whole.
func (s *source) Read(p []byte) (int, error) {
	s.mu.Lock()
	ended, read := s.ended, s.read
	s.mu.Unlock()
	if ended {
		return 0, errStopped
	}
	most := int64(ai.MaxFileBytes)
	if s.size > 0 {
		most = s.size
	}
	if left := most - read + 1; int64(len(p)) > left { // one more shows whether there is more
		p = p[:left]
	}
	n, err := s.from.Read(p)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.read += int64(n)
	switch {
	case s.ended:
		return 0, errStopped
	case s.read > most && s.size > 0:
		s.fault = invalid("Content", "is longer than Size")
	case s.read > most:
		s.fault = &ai.Error{Code: ai.CodeTooLarge, Provider: providerName, Field: "Content", Detail: "is over the limit of 512 MiB"}
	case err == io.EOF && s.read < s.size:
		s.fault = invalid("Content", "is shorter than Size")
	case err != nil && err != io.EOF:
		s.fault = invalid("Content", "could not be read")
		s.fault.Cause = err
	default:
		return n, err
	}
	s.ended = true
	return 0, errStopped
}

// sink is where a file that comes is written.
type sink struct {
	to  io.Writer
	n   int64
	err error // of the writer
}

func (s *sink) Write(p []byte) (int, error) {
	n, err := s.to.Write(p)
	if err == nil && n < len(p) {
		err = io.ErrShortWrite
	}
	s.n += int64(max(n, 0))
	s.err = err
	return n, err
}
