package mocks

import (
	"time"

	"github.com/finbrain/ai"
)

// StreamFault is what goes wrong within a streamed answer, when its status and
// headers have been sent. It meets streamed calls only. The zero StreamFault
// lets the stream through; fields combine.
//
// Chunks are counted by what they carry: pieces of the text and of the
// arguments of tool calls. What OpenAI sends before the first (an empty delta
// with the role, or response.created) and after the last is not counted.
type StreamFault struct {
	// After is the number of chunks sent before Stall, Cut, End, Fail or Endless
	// happens; a stream with fewer meets it before its finish reason.
	After int
	// Stall sends nothing more until the client goes away or the Server is
	// closed.
	Stall bool
	// Cut breaks the connection.
	Cut bool
	// End ends the body as if all had been sent.
	End bool
	// Fail sends the provider's error event and ends the body.
	Fail ai.Code
	// Endless sends the next chunk over and over, until the client goes away.
	Endless bool
	// NoFinish leaves out the finish reason. The Responses API has none beside
	// its terminator and leaves that out.
	NoFinish bool
	// NoTerminator leaves out "data: [DONE]", of Gemini the last chunk, of the
	// Responses API the event response.completed.
	NoTerminator bool
	// Comments is how many comment lines stand before each event.
	Comments int
	// Fields adds the lines event, id and retry to each event.
	Fields bool
	// BlankLines is how many of them stand before the first event.
	BlankLines int
	// LongLine is the length in bytes of one comment before the first event.
	LongLine int
	// Pause is waited before each event.
	Pause time.Duration
	// Linger is how long the body stays open when all has been sent.
	Linger time.Duration
}

// StallStream is a stream that sends so many chunks and then nothing more,
// without an end.
func StallStream(after int) Fault { return Fault{Stream: StreamFault{After: after, Stall: true}} }

// CutStream is a stream whose connection breaks after so many chunks.
func CutStream(after int) Fault { return Fault{Stream: StreamFault{After: after, Cut: true}} }

// EndStream is a stream that ends after so many chunks as if it were complete:
// what a proxy makes of a broken connection.
func EndStream(after int) Fault { return Fault{Stream: StreamFault{After: after, End: true}} }

// FailStream is a stream that ends in the provider's error event after so many
// chunks.
func FailStream(after int, code ai.Code) Fault {
	return Fault{Stream: StreamFault{After: after, Fail: code}}
}

// EndlessStream is a stream that repeats a chunk for ever.
func EndlessStream() Fault { return Fault{Stream: StreamFault{Endless: true}} }

// NoFinish is a whole stream without a finish reason.
func NoFinish() Fault { return Fault{Stream: StreamFault{NoFinish: true}} }

// NoTerminator is a stream that lacks its last event.
func NoTerminator() Fault { return Fault{Stream: StreamFault{NoTerminator: true}} }

// Comments is a whole stream with comment lines between its events, as proxies
// send to keep a connection alive.
func Comments() Fault { return Fault{Stream: StreamFault{Comments: 2}} }

// EventFields is a whole stream whose events have the lines event, id and
// retry, which the format allows.
func EventFields() Fault { return Fault{Stream: StreamFault{Fields: true}} }

// SlowStream is a stream that waits before each event.
func SlowStream(pause time.Duration) Fault { return Fault{Stream: StreamFault{Pause: pause}} }

// BlankLines is a stream that begins with so many blank lines.
func BlankLines(n int) Fault { return Fault{Stream: StreamFault{BlankLines: n}} }

// LongLine is a stream that begins with one line of so many bytes.
func LongLine(bytes int) Fault { return Fault{Stream: StreamFault{LongLine: bytes}} }

// LateEnd is a whole stream whose body ends only d later.
func LateEnd(d time.Duration) Fault { return Fault{Stream: StreamFault{Linger: d}} }

// breaks reports whether the fault ends the stream before its time.
func (f StreamFault) breaks() bool {
	return f.Stall || f.Cut || f.End || f.Endless || f.Fail != ""
}
