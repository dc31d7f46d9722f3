// Package kb is a small knowledge-base matcher.
package kb

const (
	// MaxQuery is the number of bytes of a query that are read; a longer one
	// is cut there, and the answer says so.
	MaxQuery = 2048
	// MaxText is the number of bytes of a title, a body, a variant or an
	// example that are read.
	MaxText = 16 << 10
)
