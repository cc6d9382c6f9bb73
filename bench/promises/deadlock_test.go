package promises

import (
	"bytes"
	"context"
	"fmt"
	"runtime"
	"testing"
)

// callbackMayAsk opens a breaker whose callback asks for its state. A breaker
// that holds its lock meanwhile waits for itself for ever, which a bubble does
// not notice: a goroutine that waits for a mutex may go on. This one cannot, as
// nobody else uses the breaker.
func callbackMayAsk(t *testing.T, s subject) bool {
	t.Helper()
	id, done := make(chan []byte), make(chan bool)
	go func() {
		id <- goroutine()
		var b breaker
		asked := false
		b = s.open(func() { asked = !b.closed() })
		for range failures {
			b.call(t.Context(), func(context.Context) error { return errDown })
		}
		done <- asked
	}()
	waiting := fmt.Appendf(nil, "%s [sync.Mutex.Lock", <-id)
	for {
		select {
		case asked := <-done:
			return asked
		default:
			if bytes.Contains(stacks(), waiting) {
				return false
			}
			runtime.Gosched()
		}
	}
}

// goroutine is how the calling goroutine is named in stacks.
func goroutine() []byte {
	name, _, _ := bytes.Cut(stack(false), []byte(" ["))
	return name
}

func stacks() []byte { return stack(true) }

func stack(all bool) []byte {
	buf := make([]byte, 1<<20)
	return buf[:runtime.Stack(buf, all)]
}
