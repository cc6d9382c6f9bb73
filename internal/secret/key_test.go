package secret_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/finbrain/ai/internal/secret"
)

const canary = "sk-canary-key"

type holder struct {
	Exported secret.Key
	hidden   secret.Key
	pointer  *secret.Key
}

func TestAKeyIsNeverPrinted(t *testing.T) {
	key := secret.New(canary)
	h := holder{key, key, &key}
	values := []any{key, &key, h, &h, []secret.Key{key}, map[string]any{"k": h}, []*holder{&h}}
	var b bytes.Buffer
	for _, v := range values {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x", "%X", "%10.3v", "%t", "%p"} {
			fmt.Fprintf(&b, verb+"\n", v)
		}
		slog.New(slog.NewTextHandler(&b, nil)).Info("m", slog.Any("v", v), slog.Group("g", slog.Any("v", v)))
		slog.New(slog.NewJSONHandler(&b, nil)).Info("m", slog.Any("v", v), slog.Group("g", slog.Any("v", v)))
		text, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		b.Write(text)
	}
	for _, shape := range []string{canary, fmt.Sprintf("%x", canary), fmt.Sprintf("%X", canary), "canary"} {
		if strings.Contains(b.String(), shape) {
			t.Errorf("printed %q in\n%s", shape, &b)
		}
	}
	if !strings.Contains(b.String(), secret.Redacted) {
		t.Error("nothing says that something was left out")
	}
}

func TestAKeyIsRevealedOnlyOnDemand(t *testing.T) {
	if key := secret.New(canary); key.Reveal() != canary || key.Empty() || key.String() != secret.Redacted {
		t.Errorf("Reveal %q, Empty %v, String %q", key.Reveal(), key.Empty(), key)
	}
}

func TestTheZeroKeyIsEmpty(t *testing.T) {
	for _, key := range []secret.Key{{}, secret.New("")} {
		if key.Reveal() != "" || !key.Empty() || fmt.Sprintf("%v%#v", key, key) != "" {
			t.Errorf("Reveal %q, Empty %v, prints %v", key.Reveal(), key.Empty(), key)
		}
	}
}

func ExampleKey() {
	key := secret.New("sk-…")
	fmt.Printf("%v %+v %#v\n", key, key, key)
	// Output: [redacted] [redacted] [redacted]
}
