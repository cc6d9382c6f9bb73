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

// decodeResponse reads what encodeResponse wrote. It keeps no part of b.
func decodeResponse(b []byte) (*Response, error) {
	if len(b) == 0 || b[0] != codecVersion {
		return nil, errCodec
	}
	d := decoder{rest: b[1:]}
	texts := d.texts()
	r := &Response{
		Text: texts[0], Model: texts[1], FinishReason: FinishReason(texts[2]), RequestID: texts[3],
		Space: Space{Vendor: texts[4], Model: texts[5], Dimensions: d.number(), Normalized: d.number() == 1},
		Usage: Usage{
			InputTokens: d.number(), OutputTokens: d.number(), TotalTokens: d.number(),
			CachedTokens: d.number(), ReasoningTokens: d.number(),
		},
	}
	// A vector has at least its own length byte, a float four bytes: no count
	// can ask for more memory than the entry has bytes.
	if n := d.count(1); n > 0 {
		r.Embeddings = make([][]float32, n)
		for i := range r.Embeddings {
			v := make([]float32, d.count(4))
			for j := range v {
				v[j] = math.Float32frombits(binary.LittleEndian.Uint32(d.take(4)))
			}
			r.Embeddings[i] = v
		}
	}
	if d.bad || len(d.rest) > 0 {
		return nil, errCodec
	}
	return r, nil
}

// decoder reads from a cached answer; after the first fault it returns zeros.
type decoder struct {
	rest []byte
	bad  bool
}

func (d *decoder) fail() {
	d.bad, d.rest = true, nil
}

func (d *decoder) number() int {
	v, n := binary.Varint(d.rest)
	if n <= 0 {
		d.fail()
		return 0
	}
	d.rest = d.rest[n:]
	return int(v)
}

// count reads how many things of at least size bytes follow.
func (d *decoder) count(size int) int {
	v, n := binary.Uvarint(d.rest)
	if n <= 0 || v > uint64(len(d.rest)-n)/uint64(size) {
		d.fail()
		return 0
	}
	d.rest = d.rest[n:]
	return int(v)
}

// take returns the next n bytes, zeros if there are not as many. n is bounded by
// what count allowed.
func (d *decoder) take(n int) []byte {
	if n > len(d.rest) {
		d.fail()
		return make([]byte, n)
	}
	b := d.rest[:n]
	d.rest = d.rest[n:]
	return b
}

// texts reads the six texts. They become one string, of which each is a part:
// they live and die together.
func (d *decoder) texts() (texts [6]string) {
	var lengths [len(texts)]int
	total := 0
	for i := range lengths {
		lengths[i] = d.count(1)
		total += lengths[i]
	}
	all := string(d.take(total))
	for i, n := range lengths {
		texts[i], all = all[:n], all[n:]
	}
	return texts
}
