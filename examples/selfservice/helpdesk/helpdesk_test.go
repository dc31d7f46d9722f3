package helpdesk

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTheSetsFitTogether(t *testing.T) {
	known, texts := map[string]bool{}, map[string]bool{}
	for _, a := range Articles() {
		require.NotContains(t, known, a.ID)
		require.True(t, strings.HasSuffix(a.ID, "-"+a.Locale), a.ID)
		require.NotEmpty(t, a.Body, a.ID)
		known[a.ID] = true
		for _, s := range append(a.Variants, a.Title) {
			require.False(t, texts[s], "%q twice", s)
			texts[s] = true
		}
	}
	require.Len(t, known, 16)
	for _, q := range Queries() {
		require.Contains(t, known, q.Article)
		require.False(t, texts[q.Text], "%q stands in an article", q.Text)
	}
}

func TestTicketsHaveBothLabels(t *testing.T) {
	count, texts := map[string]int{}, map[string]bool{}
	for _, k := range Tickets() {
		require.False(t, texts[k.Text], "%q twice", k.Text)
		texts[k.Text] = true
		count[k.Type]++
		count[k.Skill]++
	}
	require.Len(t, count, 8)
	for _, name := range []string{"inquiry", "complaint", "suggestion", "after-sales", "order", "refund", "account", "technical"} {
		require.GreaterOrEqual(t, count[name], 4, name)
	}
	require.Len(t, Types(), len(Tickets()))
	require.Len(t, Skills(), len(Tickets()))
}
