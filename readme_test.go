package usher_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The program in the README is the tested one, as a main package.
func TestReadmeShowsTheTestedProgram(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	require.NoError(t, err)
	example, err := os.ReadFile("example_test.go")
	require.NoError(t, err)
	program := strings.NewReplacer("package usher_test", "package main", "func Example()", "func main()").Replace(string(example))
	require.Contains(t, string(readme), "```go\n"+program+"```\n")
}

// Every example that the README names exists, and every one that exists is named.
func TestReadmeNamesEveryExample(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	require.NoError(t, err)
	named := map[string]bool{}
	for _, m := range regexp.MustCompile(`go run (\./examples/\w+)`).FindAllStringSubmatch(string(readme), -1) {
		named[filepath.Clean(m[1])] = true
	}
	folders, err := filepath.Glob("examples/*/main.go")
	require.NoError(t, err)
	require.NotEmpty(t, folders)
	for _, f := range folders {
		require.True(t, named[filepath.Dir(f)], "the README does not name %s", filepath.Dir(f))
	}
	for f := range named {
		require.FileExists(t, filepath.Join(f, "main.go"))
	}
	for _, m := range regexp.MustCompile(`\]\(([\w/.]+)\)`).FindAllStringSubmatch(string(readme), -1) {
		_, err := os.Stat(m[1])
		require.NoError(t, err, "a link leads nowhere")
	}
}
