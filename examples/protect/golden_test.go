package main

// golden is what the example prints.
const golden = `Four services, each under its own breaker: 3 failures open it, for 200ms.

storage
  closed              uploaded the report and its figures
  closed              failed: status 503
  closed              failed: status 503
  closed → open       failed: status 503
  open                kept the report in the spool, without a call
  half_open → closed  uploaded the report alone, to see whether it works
  closed              uploaded the report, its figures, and 1 from the spool

e-mail
  closed              sent the digest to two analysts
  closed              failed: reply 421
  closed              failed: reply 421
  closed → open       failed: reply 421
  open                put the digest in the outbox, without a call
  half_open → closed  sent one short notice
  closed              sent the digest to two analysts, and 1 from the outbox

webhook
  closed              delivered the event
  closed              failed: status 502
  closed              failed: status 502
  closed → open       failed: status 502
  open                noted the event for later, without a call
  half_open → closed  delivered a ping
  closed              delivered the event, and 1 missed before

database
  closed              ranked 3 companies
  closed              failed: too many connections
  closed              failed: too many connections
  closed → open       failed: too many connections
  open                showed the earlier ranking of 3 companies, without a query
  half_open → closed  asked for the first only: Tarnbrook Foods, 3.30
  closed              ranked 3 companies

breaker    state     failures  refusals  opened
database   closed           3         1       1
e-mail     closed           3         1       1
storage    closed           3         1       1
webhook    closed           3         1       1
`
