package ai_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"testing"

	"github.com/finbrain/ai"
)

// unwritten is a workshop whose downloads fail before the first byte.
type unwritten struct{ *workshop }

func (u unwritten) DownloadFile(ctx context.Context, id string, _ io.Writer) (int64, error) {
	_, err := u.job(ctx, "download", id)
	return 0, err
}

func TestADownloadIsTriedAgainWhileNothingHasBeenWritten(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		w := newWorkshop(func(context.Context, string) error { return coded(ai.CodeUnavailable) })
		client := newClient(t, ai.WithProvider("w", unwritten{w}))
		n, err := client.Files("w").Download(t.Context(), "id", io.Discard)
		if n != 0 || !errors.Is(err, ai.CodeUnavailable) || len(w.asked) != 3 {
			t.Errorf("%d, %v, asked %v", n, err, w.asked)
		}
	})
}

// torn is a workshop whose downloads panic after the first bytes.
type torn struct{ *workshop }

func (torn) DownloadFile(_ context.Context, id string, to io.Writer) (int64, error) {
	_, _ = io.WriteString(to, id)
	panic(canary)
}

func TestADownloadThatBrokeOffIsNotWrittenTwice(t *testing.T) {
	for name, provider := range map[string]ai.Analyzer{
		"error": newWorkshop(func(context.Context, string) error { return coded(ai.CodeBadResponse) }),
		"panic": torn{newWorkshop(working)},
	} {
		inBubble(t, func(t *testing.T) {
			var b bytes.Buffer
			n, err := newClient(t, ai.WithProvider("w", provider)).Files("w").Download(t.Context(), "abc", &b)
			if n != 3 || b.String() != "abc" || ai.CodeOf(err) != ai.CodeBadResponse {
				t.Errorf("%s: %d bytes, %q, %v", name, n, b.String(), err)
			}
		})
	}
}
