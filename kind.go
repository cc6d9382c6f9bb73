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
	// KindImageGeneration asks for images.
	KindImageGeneration

	requestKindEnd // one past the last kind of a Request
)

// Kinds of work beside requests, which have circuits of their own.
const (
	// KindFineTuning is that of fine-tuning jobs.
	KindFineTuning = requestKindEnd + iota
	// KindFile is that of files kept at a provider.
	KindFile

	kindEnd // one past the last kind
)

var kindNames = [kindEnd]string{"", "text", "image", "embedding", "image_generation", "finetune", "file"}

// Kinds lists every kind of a Request.
func Kinds() []Kind { return []Kind{KindText, KindImage, KindEmbedding, KindImageGeneration} }

// String returns the kind's name, as circuits are named by it: "text",
// "image", "embedding", "image_generation", "finetune" or "file".
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
