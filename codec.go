package ai

import (
	"encoding/binary"
	"errors"
	"math"
)

// The bytes of a cached answer: a version, then each field in a fixed order,
// texts and lists with their length before them. JSON would cost a 2 KB answer
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
	for _, s := range [...]string{r.Text, r.Model, string(r.FinishReason), r.RequestID, r.Space.Vendor, r.Space.Model} {
		b = binary.AppendUvarint(b, uint64(len(s)))
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
	r := &Response{
		Text: d.text(), Model: d.text(), FinishReason: FinishReason(d.text()), RequestID: d.text(),
		Space: Space{Vendor: d.text(), Model: d.text(), Dimensions: d.number(), Normalized: d.number() == 1},
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

// take returns the next n bytes; count has seen that they are there.
func (d *decoder) take(n int) []byte {
	if n > len(d.rest) {
		d.fail()
		return make([]byte, n)
	}
	b := d.rest[:n]
	d.rest = d.rest[n:]
	return b
}

func (d *decoder) text() string { return string(d.take(d.count(1))) }
