package ai

import (
	"encoding/binary"
	"errors"
	"math"
)

// The bytes of a cached answer: a version, the lengths of the texts, the texts,
// then the numbers and the vectors, each with its length before it. JSON would cost a 2 KB answer
// several microseconds at every hit.
const codecVersion = 1

var errCodec = errors.New("ai: not a cached answer")

// encodeResponse writes what is worth keeping of a provider's answer. How it
// was reached is not: a later caller's trail is its own.
func encodeResponse(r *Response) []byte {
	n := 64 + len(r.Text) + len(r.Model) + len(r.RequestID) + len(r.Space.Vendor) + len(r.Space.Model)
	for _, v := range r.Embeddings {
		n += 4*len(v) + binary.MaxVarintLen32
	}
	b := append(make([]byte, 0, n), codecVersion)
	texts := [...]string{r.Text, r.Model, string(r.FinishReason), r.RequestID, r.Space.Vendor, r.Space.Model}
	for _, s := range texts {
		b = binary.AppendUvarint(b, uint64(len(s)))
	}
	for _, s := range texts {
		b = append(b, s...)
	}
	normalized := 0
	if r.Space.Normalized {
		normalized = 1
	}
	u := r.Usage
	for _, v := range [...]int{r.Space.Dimensions, normalized, u.InputTokens, u.OutputTokens, u.TotalTokens, u.CachedTokens, u.ReasoningTokens} {
		b = binary.AppendVarint(b, int64(v))
	}
	b = binary.AppendUvarint(b, uint64(len(r.Embeddings)))
	for _, v := range r.Embeddings {
		b = binary.AppendUvarint(b, uint64(len(v)))
		for _, f := range v {
			b = binary.LittleEndian.AppendUint32(b, math.Float32bits(f))
		}
	}
	return b
}

// decodeResponse reads what encodeResponse wrote. The texts of the response are
// parts of s.
func decodeResponse(s string) (*Response, error) {
	if s == "" || s[0] != codecVersion {
		return nil, errCodec
	}
	d := decoder{rest: s[1:]}
	texts := d.texts()
	r := &Response{
		Text: texts[0], Model: texts[1], FinishReason: FinishReason(texts[2]), RequestID: texts[3],
		Space: Space{Vendor: texts[4], Model: texts[5], Dimensions: d.number(), Normalized: d.number() == 1},
		Usage: Usage{
			InputTokens: d.number(), OutputTokens: d.number(), TotalTokens: d.number(),
			CachedTokens: d.number(), ReasoningTokens: d.number(),
		},
		Embeddings: d.vectors(),
	}
	if d.bad || d.rest != "" {
		return nil, errCodec
	}
	return r, nil
}

// decoder reads from a cached answer; after the first fault it returns zeros.
type decoder struct {
	rest string
	bad  bool
}

func (d *decoder) fail() {
	d.bad, d.rest = true, ""
}

// varint reads an unsigned number as encoding/binary writes it.
func (d *decoder) varint() uint64 {
	var v uint64
	for i := range min(len(d.rest), binary.MaxVarintLen64) {
		c := d.rest[i]
		v |= uint64(c&0x7f) << (7 * i)
		if c < 0x80 {
			d.rest = d.rest[i+1:]
			return v
		}
	}
	d.fail()
	return 0
}

// number reads a signed number.
func (d *decoder) number() int {
	v := d.varint()
	return int(v>>1) ^ -int(v&1)
}

// count reads how many things of at least size bytes follow: never more than
// there are bytes left for.
func (d *decoder) count(size int) int {
	v := d.varint()
	if v > uint64(len(d.rest)/size) {
		d.fail()
		return 0
	}
	return int(v)
}

// texts reads the lengths of the six texts, then the texts.
func (d *decoder) texts() (texts [6]string) {
	var lengths [len(texts)]int
	for i := range lengths {
		lengths[i] = d.count(1)
	}
	for i, n := range lengths {
		if n > len(d.rest) {
			d.fail()
			return texts
		}
		texts[i], d.rest = d.rest[:n], d.rest[n:]
	}
	return texts
}

func (d *decoder) vectors() [][]float32 {
	n := d.count(1) // a vector has at least the byte of its own length
	if n == 0 {
		return nil
	}
	vectors := make([][]float32, n)
	for i := range vectors {
		v := make([]float32, d.count(4))
		for j := range v {
			b := d.rest[4*j:]
			v[j] = math.Float32frombits(uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16 | uint32(b[3])<<24)
		}
		vectors[i], d.rest = v, d.rest[4*len(v):]
	}
	return vectors
}
