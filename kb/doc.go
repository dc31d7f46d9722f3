// Package kb finds the article that answers a question, and the label that
// fits a text, in Chinese, English or both. It runs in memory and in the
// caller's goroutine; it needs no model file, no server and nothing outside
// the standard library.
//
// # The contract
//
// An [Index] holds articles. [Index.Match] returns those that answer a query,
// best first, each with a confidence that may be taken at its word: of the
// answers given with 0.8, about eight in ten are right. Nothing is returned
// below Config.Threshold, and Answer.Ask is set when the two best are so close
// that it is better to ask back. A [Classifier] does the same for labels: it
// learns from examples and may say None.
//
// The same articles and feedback in the same order give the same scores, bit
// for bit, on any number of processors, and the same snapshot bytes. A query
// is read up to [MaxQuery] bytes (Answer.Cut tells when there was more), a
// title, body or variant up to [MaxText]; any bytes are safe, invalid UTF-8
// too. Time for one query is bounded by that and by the size of the index.
// With a reused slice for the result, Match and Classify do not allocate.
//
// # A help desk in ten lines
//
//	answers := kb.NewIndex(kb.Config{})
//	err := answers.Put(kb.Article{
//		ID: "refund", Title: "How long does a refund take?", Body: "Three to five days.",
//		Variants: []string{"when do I get my money back", "退款多久到账"},
//	})
//	answers.Train()
//	a := answers.Match("my money is not back", kb.Scope{}, nil)
//	if len(a.Matches) > 0 && !a.Ask {
//		show(a.Matches[0].ID)
//	}
//	err = answers.Confirm("refund", "where is my cash") // an agent says so
//
// # How it decides
//
// Text is folded first: case, full width, traditional characters, accents and
// invisible marks go; English words are stemmed; ideographs count one by one
// and in pairs. Groups of Config.Synonyms count as one word.
//
// Two scorers look at the folded text. BM25 knows an article from the moment
// of [Index.Put], by the words of its title (which its variants extend) and its
// body; an unknown English word of five letters or so counts, a little less, as
// the known one that a single typing error makes of it. [Index.Train] adds a linear model with one weight for each feature and
// article: softmax regression over TF-IDF of words, word pairs and pieces of
// words, trained while three features in four are hidden at random, so that no
// word decides alone; pieces of words are what forgives typing errors here. A
// classifier of few examples adds a support vector machine for each label. Small
// weights are dropped and the others packed into bytes. Both scores are logits
// and are added; an article that changed since the last Train, and every
// article of an index beyond [MaxTrained], is scored by BM25 alone.
//
// Call Train after loading and then when it suits: it reads a copy, works
// outside the lock, and swaps the model in.
//
// # Confidence
//
// Confidence is the softmax of the best articles' logits beside one fixed
// logit for "none of them". Training tells how sharp the logits are: replicas
// of the model each leave some phrasings out, and the factor that makes those
// most likely is applied to all. Where articles have no second phrasing, their
// titles are left out of a probe instead. The factor is measured on the
// articles' own phrasings: if customers write quite differently, check it with
// examples/kbeval on an export.
//
// # Feedback
//
// [Index.Solved], [Index.NotSolved] and [Index.Confirm] act on the next Match.
// Votes on a query move an article's score for that query and, fading, for
// queries with mostly the same words: each click by 0.2 logits, bounded (see
// feedback.go). One click is too weak to turn over two articles that were not
// close; many agreeing ones, or one Confirm, decide. Train learns queries that
// are confirmed, or were clicked as solved four times more often than not,
// like variants. [Index.Explain] lists the
// terms and the votes that made a score.
//
// # Concurrency
//
// Index and Classifier are safe for simultaneous use. A Classifier never
// changes. An Index has one read-write lock: matches run side by side, a
// change waits for those under way and holds the lock for the microseconds its
// own words take (Put of many articles: for all of them). No callback runs
// under it.
//
// # Notes
//
// [Index.Remove] takes an article, its words and its feedback out at once; its
// hashed weights stay in the model, unread, until the next Train. A snapshot
// holds the texts of all articles: keep it as safe as them. Scripts without
// spaces other than Chinese and Japanese are matched by pieces only, that is,
// after Train.
package kb

const (
	// MaxQuery is the number of bytes of a query that are read; a longer one
	// is cut there, and the answer says so.
	MaxQuery = 2048
	// MaxText is the number of bytes of a title, a body, a variant or an
	// example that are read.
	MaxText = 16 << 10
)
