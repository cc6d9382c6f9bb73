package providertest

import (
	"net/http"
	"strings"
	"time"

	"github.com/finbrain/ai"
)

// Harness is what the suite has to know of an adapter: how it is made, and how
// its service writes an answer.
type Harness struct {
	// New returns the adapter under test, which must reach the service where
	// Service says and nowhere else. It is called for every check.
	New func(Service) (ai.Analyzer, error)
	// Write says an Answer as the service would in response to r, whose body can
	// be read. It is called on the goroutines of a server, of several at a time,
	// and must not use a testing.T. A zero Reply means that the service has no
	// way to say this; the check is skipped then.
	Write func(r *http.Request, a Answer) Reply
	// Lacks names what the adapter does not do. Kinds of requests and inputs
	// among it must be answered with CodeUnsupported, without a call;
	// the rest is not asked for.
	Lacks []Ability

	flood int // where answers without an end do end, in bytes; 0 is maxFlood
}

// Service is where an adapter finds its service, which the suite plays.
type Service struct {
	// BaseURL has no path and no slash at its end.
	BaseURL string
	// Client reaches BaseURL without a network. It must be used for every call,
	// itself or as a copy.
	Client *http.Client
	// Key is to be sent in a header.
	Key string
}

// Ability is something that not every adapter can do.
type Ability string

// Kinds of requests, and inputs. A request with one that the adapter lacks
// must be refused with CodeUnsupported.
const (
	Texts           Ability = "Texts"
	Images          Ability = "Images" // as bytes
	ImageURLs       Ability = "ImageURLs"
	Documents       Ability = "Documents" // as bytes
	DocumentURLs    Ability = "DocumentURLs"
	Embeddings      Ability = "Embeddings"
	ImageGeneration Ability = "ImageGeneration"
	Tools           Ability = "Tools"
	Schemas         Ability = "Schemas"
)

// What an adapter may pass over, or a service leave unsaid.
const (
	Streams      Ability = "Streams" // it is no ai.Streamer
	Plans        Ability = "Plans"   // it is no ai.Planner
	Temperatures Ability = "Temperatures"
	TokenLimits  Ability = "TokenLimits" // Request.MaxTokens
	StopTexts    Ability = "StopTexts"
	Seeds        Ability = "Seeds"
	Efforts      Ability = "Efforts"
	Dimensions   Ability = "Dimensions" // Request.Dimensions
	Usage        Ability = "Usage"
	RequestIDs   Ability = "RequestIDs"
	WaitHints    Ability = "WaitHints" // in a way of the service's own
)

// Answer is what the service is to say, in the terms of this SDK. Zero fields
// are not said.
type Answer struct {
	// Kind is that of the request.
	Kind ai.Kind
	// Stream is true when the adapter was asked for a stream.
	Stream bool

	// Text is the answer's text, in pieces, of which a stream sends each in an
	// event of its own.
	Text []string
	// ToolCalls follow the text. Their State is not said.
	ToolCalls []ai.ToolCall
	// Embeddings are the vectors, one for each input.
	Embeddings [][]float32
	// Images are those generated; their Data is the file, of MediaType.
	Images []ai.GeneratedImage

	Usage ai.Usage
	// Model is the name of the model that answers.
	Model string
	// RequestID is the service's identifier of the exchange.
	RequestID string
	// Finish is why the text ended. A stream without it ends as if it had been
	// cut: it has neither a finish reason nor what else marks its end.
	Finish ai.FinishReason

	// Code says that the service fails: in place of an answer, or, when it is
	// asked for a stream and there is Text, after that and within the stream.
	Code ai.Code
	// Message is what the service writes for people to read about the Code.
	Message string
	// RetryAfter is the wait it asks for, in its own way.
	RetryAfter time.Duration
}

// Joined is the whole text.
func (a Answer) Joined() string { return strings.Join(a.Text, "") }

// Reply is an HTTP response.
type Reply struct {
	// Status is 200 when zero.
	Status int
	Header http.Header
	// Body is sent piece by piece: each event of a stream is a piece. Any other
	// body is one.
	Body []string
}

func (r Reply) none() bool { return r.Status == 0 && r.Header == nil && r.Body == nil }
