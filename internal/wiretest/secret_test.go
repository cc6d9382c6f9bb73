package wiretest_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/internal/wiretest"
)

const canary = "sk-canary-key"

// leaky shows its text in one form only.
type leaky struct{ form string }

func (v leaky) Format(s fmt.State, verb rune) {
	if fmt.FormatString(s, verb) == v.form {
		fmt.Fprint(s, canary)
	}
}

func (v leaky) MarshalJSON() ([]byte, error) {
	if v.form == "JSON" {
		return []byte(`"` + canary + `"`), nil
	}
	return []byte("{}"), nil
}

func TestASecretIsFoundInWhateverFormItIsShown(t *testing.T) {
	for name, value := range map[string]any{
		"text":        canary,
		"hexadecimal": fmt.Sprintf("%x", canary),
		"error":       errors.New(canary),
		"cause":       &ai.Error{Code: ai.CodeTimeout, Cause: errors.New(canary)},
		"%v":          leaky{"%v"}, "%+v": leaky{"%+v"}, "%#v": leaky{"%#v"}, "%s": leaky{"%s"},
		"%q": leaky{"%q"}, "%d": leaky{"%d"}, "%x": leaky{"%x"}, "JSON": leaky{"JSON"},
	} {
		var told failures
		if wiretest.Absent(&told, name, wiretest.EveryForm(value), "elsewhere", canary); len(told) == 0 {
			t.Errorf("%s: not found in %s", name, wiretest.EveryForm(value))
		}
	}
}

func TestNothingIsFoundWhereNoSecretIs(t *testing.T) {
	wiretest.Absent(t, "a harmless value", wiretest.EveryForm(leaky{"none"}, errors.New("x"), &ai.Error{Code: ai.CodeTimeout}, nil), canary)
}
