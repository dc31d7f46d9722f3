//go:build race

package router

// raced makes the long tests shorter: nothing in them runs at once on one desk.
const raced = true
