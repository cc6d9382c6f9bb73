package mocks

import (
	"errors"
	"io"
	"maps"
	"net"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/finbrain/ai"
)

// maxRequestBytes bounds the body of one call: several images of the largest
// size that providers take, in base64.
const maxRequestBytes = 128 << 20

// Server is a fake of a provider's HTTP service, for its real client library
// to talk to. Its answers are made from what was asked, are the same for the
// same question, and say that they are emulated: texts begin with
// "[emulated]", and every response has the header X-Emulated.
//
// Any model name and any key are accepted, but a key there must be. What the
// provider refuses as malformed is refused with the same status and shape of
// body: no messages, an unreadable image, a dimension the model does not have.
//
// A Server is an http.Handler, a listener on loopback (Start), and a client
// that reaches it without a network (Client). All its methods are safe for
// concurrent use. A Server used within a testing/synctest bubble must be made
// and closed there, and be reached through Client.
type Server struct {
	wire    wire
	memory  string // the base URL that goes with Client
	base    string // what follows the host in a base URL
	maxBody int64  // of a call, in bytes

	faults  faults
	answers answers
	log     exchangeLog
	active  atomic.Int64
	dialled atomic.Int64

	mu       sync.Mutex
	closed   bool
	done     chan struct{}
	running  sync.WaitGroup // of servers and their connections
	servers  []*http.Server
	loopback string // the base URL once started

	transport *http.Transport // of the clients in memory
}

// NewOpenAI returns a fake of the OpenAI API: chat completions and the Responses
// API, unary and streamed, with texts, images, PDFs, tools and JSON schemas;
// embeddings as floats or base64, with or without dimensions; image generation;
// files, of which it keeps 256 MiB; and fine-tuning jobs, which go a step
// further each time they are asked for.
func NewOpenAI() *Server {
	return newServer(&openAI{}, "http://openai.test", "/v1")
}

// NewGemini returns a fake of the Gemini API: generateContent and, with
// alt=sse, streamGenerateContent, with texts, images, PDFs, tools, schemas in
// both dialects and images as output; and batchEmbedContents with or without
// outputDimensionality. As with the real service, only embeddings of 3072
// dimensions have length 1.
func NewGemini() *Server {
	return newServer(gemini{}, "http://gemini.test", "")
}

func newServer(w wire, host, base string) *Server {
	return &Server{wire: w, memory: host + base, base: base, maxBody: maxRequestBytes, done: make(chan struct{})}
}

// Script adds faults for the calls to come, one per call and in order. Each
// call takes the first fault that is for its kind; a zero Fault lets one
// through. When the script is used up, calls succeed or meet the standing
// fault.
func (s *Server) Script(faults ...Fault) { s.faults.add(faults) }

// Always lets every call that the script does not cover meet the fault, until
// Recover or until another takes its place. One fault can stand for each kind,
// and one for all kinds, which yields to those.
func (s *Server) Always(f Fault) { s.faults.stand(f) }

// Recover ends the standing faults and the standing answer, and drops what is
// left of both scripts.
func (s *Server) Recover() {
	s.faults.clear()
	s.answers.clear()
}

// Answer says what to answer, one Answer per call and in order. Each call that
// gets an answer, even one that a fault then damages, takes the first that is
// for its kind; without one, answers are emulated. Embeddings always are.
func (s *Server) Answer(answers ...Answer) { s.answers.add(answers) }

// AlwaysAnswer says what to answer to every call that Answer does not cover,
// until Recover or until another takes its place.
func (s *Server) AlwaysAnswer(a Answer) { s.answers.stand(a) }

// Calls returns copies of the calls received, oldest first. Of very many calls
// only the latest are kept: 64 MiB, at 1 KiB a call and its body.
func (s *Server) Calls() []Exchange { return s.log.copies() }

// Count returns how many calls were received since the Server was made.
func (s *Server) Count() int { return s.log.total() }

// Active returns how many calls are being answered now: an abandoned stream is
// no longer among them once its connection is closed.
func (s *Server) Active() int { return int(s.active.Load()) }

// Connections returns how many connections were made since the Server was.
func (s *Server) Connections() int { return int(s.dialled.Load()) }

// ServeHTTP answers one call. As net/http provides for, it panics with
// http.ErrAbortHandler to break the connection.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.active.Add(1)
	defer s.active.Add(-1)
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, s.maxBody))
	tooLarge := errors.As(err, new(*http.MaxBytesError))
	if err != nil && !tooLarge {
		panic(http.ErrAbortHandler) // the client has gone
	}
	q, p := s.wire.parse(r, body)
	if tooLarge {
		p = &problem{code: ai.CodeTooLarge}
	}
	x := &Exchange{
		Method: r.Method, Path: r.URL.Path, Query: r.URL.RawQuery, Kind: q.kind, Model: q.model, Stream: q.stream,
		Authorized: s.wire.authorized(r), Header: r.Header.Clone(), Body: body,
	}
	s.log.add(x)
	var fault Fault
	if q.kind != 0 {
		fault = s.faults.next(q.kind, q.stream)
	}
	s.obstruct(w, r, fault)
	out := fault.damage(s.reply(q, x.Authorized, p, fault))
	s.log.answered(x, out.status)
	if out.chunks != nil {
		out.failure = s.wire.failure(q, &problem{code: fault.Stream.Fail})
		s.stream(w, r, out, fault)
		return
	}
	send(w, out, fault.CutAfter)
}

// reply answers or refuses. A fault comes before anything the provider would
// find out about the call.
func (s *Server) reply(q question, authorized bool, p *problem, fault Fault) reply {
	if f := fault.problem(); f != nil {
		return s.wire.refuse(q, f)
	}
	switch {
	case fault.Body != "":
		return reply{status: http.StatusOK, header: http.Header{"Content-Type": {"application/json"}}}
	case p != nil && q.kind == 0:
		return s.wire.refuse(q, p)
	case !authorized:
		return s.wire.refuse(q, &problem{code: ai.CodeAuthentication, anonymous: true})
	case p != nil:
		return s.wire.refuse(q, p)
	}
	q.scripted = s.answers.next(q.kind)
	out, p := s.wire.answer(q)
	if p != nil {
		return s.wire.refuse(q, p)
	}
	return out
}

// obstruct is what a fault does before there is a response.
func (s *Server) obstruct(w http.ResponseWriter, r *http.Request, fault Fault) {
	if fault.Latency > 0 {
		timer := time.NewTimer(fault.Latency)
		defer timer.Stop()
		s.wait(r, timer.C)
	}
	switch {
	case fault.Hang:
		s.wait(r, nil)
	case fault.Reset:
		reset(w)
	}
}

// wait returns when the channel delivers, and breaks the connection when the
// client goes away or the Server is closed before.
func (s *Server) wait(r *http.Request, until <-chan time.Time) {
	select {
	case <-until:
	case <-r.Context().Done():
		panic(http.ErrAbortHandler)
	case <-s.done:
		panic(http.ErrAbortHandler)
	}
}

// reset breaks the connection, with a TCP reset where there is TCP.
func reset(w http.ResponseWriter) {
	if hijacker, ok := w.(http.Hijacker); ok {
		if conn, _, err := hijacker.Hijack(); err == nil {
			if tcp, ok := conn.(*net.TCPConn); ok {
				_ = tcp.SetLinger(0)
			}
			_ = conn.Close()
		}
	}
	panic(http.ErrAbortHandler)
}

// send writes the reply, or only the beginning of its body.
func send(w http.ResponseWriter, out reply, cutAfter int) {
	header := w.Header()
	maps.Copy(header, out.header)
	header.Set("X-Emulated", "true")
	if out.status != http.StatusNoContent && out.status != http.StatusNotModified {
		header.Set("Content-Length", strconv.Itoa(len(out.body)))
	} else {
		out.body = nil
	}
	w.WriteHeader(out.status)
	if cutAfter <= 0 {
		_, _ = w.Write(out.body)
		return
	}
	_, _ = w.Write(out.body[:max(0, min(cutAfter, len(out.body)-1))])
	_ = http.NewResponseController(w).Flush()
	panic(http.ErrAbortHandler)
}
