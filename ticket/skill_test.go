package ticket

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestNeedAgainstEveryLevel(t *testing.T) {
	for have := Level(0); have <= 6; have++ {
		for want := Level(0); want <= 6; want++ {
			require.Equal(t, have > 0 && have >= want, Need{"x", AtLeast, want, false}.Met(have))
			require.Equal(t, have > 0 && have <= want, Need{"x", AtMost, want, false}.Met(have))
			require.Equal(t, have > 0 && have == want, Need{"x", Exactly, want, true}.Met(have))
		}
	}
}

func TestSkillsAsText(t *testing.T) {
	skills, err := ParseSkills(" order:3  refund:255 german ")
	require.NoError(t, err)
	require.Equal(t, Skills{{"order", 3}, {"refund", 255}, {"german", 1}}, skills)
	require.Equal(t, "order:3 refund:255 german:1", skills.String())
	again, err := ParseSkills(skills.String())
	require.NoError(t, err)
	require.Equal(t, skills, again)
	require.Equal(t, Level(3), skills.Level("order"))
	require.Zero(t, skills.Level("french"))
	for _, bad := range []string{"order:0", "order:256", "order:-1", "order:", ":3", "order:x", "order:1 order:2", "a:1:2"} {
		_, err := ParseSkills(bad)
		var word *WordError
		require.True(t, errors.As(err, &word), bad)
		require.Equal(t, "skill", word.Kind)
	}
}

func TestNeedsAsText(t *testing.T) {
	needs, err := ParseNeeds("order>=3 german=5! mild<=2 refund tax!")
	require.NoError(t, err)
	require.Equal(t, []Need{{"order", AtLeast, 3, false}, {"german", Exactly, 5, true}, {"mild", AtMost, 2, false},
		{"refund", AtLeast, 1, false}, {"tax", AtLeast, 1, true}}, needs)
	for _, n := range needs {
		again, err := ParseNeeds(n.String())
		require.NoError(t, err)
		require.Equal(t, []Need{n}, again)
	}
	for _, bad := range []string{">=3", "!", "order>=", "order>=256", "order=-1", "order<=x", "=", "order>>3"} {
		_, err := ParseNeeds(bad)
		var word *WordError
		if bad == "order>>3" { // no level test: a skill with an odd name
			require.NoError(t, err)
			continue
		}
		require.True(t, errors.As(err, &word), bad)
	}
	none, err := ParseNeeds("  ")
	require.NoError(t, err)
	require.Empty(t, none)
}

func TestScoreAddsTheWeightsOfWhatIsFilled(t *testing.T) {
	wishes := []Wish{{Need{"a", AtLeast, 2, false}, 10}, {Need{"b", AtLeast, 1, false}, 5}, {Need{"c", Exactly, 1, false}, MaxWeight}}
	require.EqualValues(t, 0, Score(wishes, nil))
	require.EqualValues(t, 5, Score(wishes, Skills{{"a", 1}, {"b", 9}}))
	require.EqualValues(t, 15+MaxWeight, Score(wishes, Skills{{"a", 2}, {"b", 1}, {"c", 1}}))
}
