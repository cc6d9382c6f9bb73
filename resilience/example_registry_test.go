package resilience_test

import (
	"fmt"
	"time"

	"github.com/finbrain/ai/resilience"
)

// One breaker for each thing that fails as a whole, named once, and all of them
// on the health page.
func ExampleRegistry() {
	services, err := resilience.NewRegistry(resilience.RegistryConfig{
		Named: map[string]resilience.BreakerConfig{
			"database": {Failures: 10, OpenFor: 5 * time.Second},
		},
	})
	if err != nil {
		panic(err)
	}
	guard, err := resilience.NewGuard("ai", resilience.Policy{}, nil)
	if err != nil {
		panic(err)
	}
	if err := services.Add(guard.Breaker()); err != nil {
		panic(err)
	}
	for range 5 {
		services.Breaker("file_storage").RecordFailure()
		services.Breaker("database").RecordFailure()
	}
	services.Breaker("notifications").RecordSuccess()
	for _, s := range services.Snapshots() {
		fmt.Println(s.Name, s.State, s.FailureCount)
	}
	// Output:
	// ai closed 0
	// database closed 5
	// file_storage open 5
	// notifications closed 0
}
