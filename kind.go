package ai

import "fmt"

// Kind is what a request asks for.
type Kind uint8

// The kinds. The zero Kind means: infer it from what is filled in.
const (
	// KindText asks for an analysis of text.
	KindText Kind = iota + 1
	// KindImage asks for an analysis of one or more images.
	KindImage
	// KindEmbedding asks for the embedding vectors of one or more texts.
	KindEmbedding

	kindEnd // one past the last kind
)

var kindNames = [kindEnd]string{"", "text", "image", "embedding"}

// Kinds lists every kind.
func Kinds() []Kind { return []Kind{KindText, KindImage, KindEmbedding} }

// String returns "text", "image" or "embedding", as circuits are named by it.
func (k Kind) String() string {
	if k < kindEnd {
		return kindNames[k]
	}
	return fmt.Sprintf("kind(%d)", uint8(k))
}

// MarshalText writes the kind's name.
func (k Kind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText reads a kind's name.
func (k *Kind) UnmarshalText(text []byte) error {
	for i, name := range kindNames {
		if name == string(text) {
			*k = Kind(i)
			return nil
		}
	}
	return invalid("Kind", "is unknown")
}
