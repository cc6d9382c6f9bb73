package replay

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"sync"
)

// Mode says whether a Transport records or replays.
type Mode int

// The modes.
const (
	// Replay answers from the files and never calls anyone.
	Replay Mode = iota
	// Record calls the provider and writes files. Files of earlier recordings in
	// the directory are removed first; others are left alone.
	Record
)

// Config is a Transport's. The zero Config replays.
type Config struct {
	Mode Mode
	// Transport makes the calls that are recorded; nil is an http.Transport of
	// this one's own.
	Transport http.RoundTripper
	// Secrets are texts that must not be in any file, beside the keys and IDs
	// that are found by themselves. One shorter than 8 bytes is refused: it
	// might stand anywhere.
	Secrets []string
	// Timing records when each line of a stream came, or replays it so.
	Timing bool
}

// Format prints no field under any verb: Secrets are some.
func (c Config) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, c.String()) }

// String returns the type's name only.
func (c Config) String() string { return "replay.Config{…}" }

// LogValue is what slog prints.
func (c Config) LogValue() slog.Value { return slog.StringValue(c.String()) }

// MarshalText is what JSON shows.
func (c Config) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// MaxBodyBytes is the largest body that is recorded or replayed: 64 MiB. A
// request with a larger one fails; a response with a larger one passes through
// unrecorded, which Close reports.
const MaxBodyBytes = 64 << 20

// Transport is an http.RoundTripper that records exchanges or replays them. It
// is safe for concurrent use.
type Transport struct {
	mode   Mode
	base   http.RoundTripper
	own    *http.Transport // base when it is this Transport's own
	dir    string
	scrub  *scrubber
	timing bool

	mu       sync.Mutex
	number   int   // of the last exchange recorded
	problems error // of recording
	tapes    []*tape
}

// Open returns a Transport for the recordings in a directory. Recording makes
// the directory; replaying reads all its files whose names end in .json, and
// fails on one that is no recording.
func Open(dir string, config Config) (*Transport, error) {
	scrub, err := newScrubber(config.Secrets)
	if err != nil {
		return nil, err
	}
	t := &Transport{mode: config.Mode, base: config.Transport, dir: dir, scrub: scrub, timing: config.Timing}
	switch config.Mode {
	case Replay:
		t.tapes, err = readTapes(dir, scrub)
	case Record:
		if t.base == nil {
			t.own = &http.Transport{Proxy: http.ProxyFromEnvironment, ForceAttemptHTTP2: true}
			t.base = t.own
		}
		err = prepare(dir)
	default:
		err = fmt.Errorf("replay: Config.Mode is %d: must be Replay or Record", config.Mode)
	}
	if err != nil {
		return nil, err
	}
	return t, nil
}

// prepare makes the directory and removes earlier recordings from it.
func prepare(dir string) error {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return fmt.Errorf("replay: %w", err)
	}
	names, err := recordings(dir)
	if err != nil {
		return err
	}
	for _, name := range names {
		if !numbered.MatchString(name) {
			continue
		}
		if x, err := readExchange(dir, name); err != nil || x.Format != format {
			continue // another's, for all its name: a report of 2026
		}
		if err := os.Remove(at(dir, name)); err != nil {
			return fmt.Errorf("replay: %w", err)
		}
	}
	return nil
}

// RoundTrip makes the call and records it, or answers it from the files. A
// call that fails without a response is not recorded.
func (t *Transport) RoundTrip(req *http.Request) (*http.Response, error) {
	body, err := readBody(req)
	if err != nil {
		return nil, err
	}
	if t.mode == Replay {
		return t.play(req, body)
	}
	return t.record(req, body)
}

var errLarge = fmt.Errorf("replay: a request's body is over the limit of %d bytes", MaxBodyBytes)

// readBody reads a request's body and closes it.
func readBody(req *http.Request) ([]byte, error) {
	if req.Body == nil {
		return nil, nil
	}
	defer func() { _ = req.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(req.Body, MaxBodyBytes+1))
	switch {
	case err != nil:
		return nil, err
	case len(body) > MaxBodyBytes:
		return nil, errLarge
	}
	return body, nil
}

// Close releases what the Transport holds. While recording it returns what
// could not be recorded, as one error that names each exchange but nothing of
// its content; it must come when all bodies have been closed. The Transport
// must not be used any more.
func (t *Transport) Close() error {
	if t.own != nil {
		t.own.CloseIdleConnections()
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.problems
}

// Unused returns the names of the files that have not been replayed, in order.
func (t *Transport) Unused() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	var names []string
	for _, tape := range t.tapes {
		if !tape.used {
			names = append(names, tape.name)
		}
	}
	return names
}

// report keeps what Close returns.
func (t *Transport) report(name string, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.problems = errors.Join(t.problems, fmt.Errorf("replay: %s is not recorded: %w", name, err))
}
