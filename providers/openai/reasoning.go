package openai

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
)

// reasoning is what a model thought before a call, as far as the service shows
// it.
type reasoning struct {
	Summary   json.RawMessage `json:"summary"`
	Encrypted string          `json:"encrypted_content"`
}

// stateTag begins the State of calls that this package returned.
const stateTag = "openai:"

// kept is what follows it, in JSON.
type kept struct {
	// From is the origin of the Provider that may be given it back: others
	// cannot decrypt it, and refuse the whole request.
	From      string      `json:"from"`
	Reasoning []reasoning `json:"reasoning"`
}

// stateOf keeps what was thought for the way back.
func stateOf(from string, thoughts []reasoning) []byte {
	for i := range thoughts {
		if !bytes.HasPrefix(thoughts[i].Summary, []byte("[")) {
			thoughts[i].Summary = json.RawMessage("[]") // the service demands a list
		}
	}
	text, err := json.Marshal(kept{from, thoughts})
	if err != nil { // what was read as JSON is JSON
		return nil
	}
	return append([]byte(stateTag), text...)
}

// reasoningIn returns what was thought as a State has it; nothing if that is
// another provider's.
func reasoningIn(state []byte, from string) []reasoning {
	text, ok := bytes.CutPrefix(state, []byte(stateTag))
	var k kept
	if !ok || json.Unmarshal(text, &k) != nil || k.From != from {
		return nil
	}
	return k.Reasoning
}

// origin tells those apart who cannot read one another's thoughts: services,
// organizations and projects.
func (p *Provider) origin() string {
	sum := sha256.Sum256([]byte(p.library.BaseURL + "\n" + p.header.Get("OpenAI-Organization") + "\n" + p.header.Get("OpenAI-Project")))
	return hex.EncodeToString(sum[:8])
}
