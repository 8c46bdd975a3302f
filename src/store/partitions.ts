// The SQL that divides the audit trail of a store on PostgreSQL among tables.

/** How many tables the trail is divided among. */
const tables = 32;

/**
 * Divides the trail by its chains. A chain stays in one table, so that its places are unique there; what finds a chain, a
 * place of it or the newest event uses an index as before.
 */
export const partitionedTrail = `BEGIN;
ALTER TABLE audit_events RENAME TO former_events;
ALTER TABLE former_events
  RENAME CONSTRAINT audit_events_pkey TO former_events_pkey;
ALTER TABLE former_events
  RENAME CONSTRAINT audit_events_subject_place_unique TO former_events_place;
ALTER INDEX audit_events_of_tokens RENAME TO former_events_of_tokens;
CREATE TABLE audit_events (LIKE former_events INCLUDING DEFAULTS)
  PARTITION BY HASH (subject);
DO $$ BEGIN
  FOR each IN 0..${tables - 1} LOOP
    EXECUTE format('CREATE TABLE audit_events_%s PARTITION OF audit_events
      FOR VALUES WITH (MODULUS ${tables}, REMAINDER %s)', each, each);
  END LOOP;
END $$;
INSERT INTO audit_events SELECT * FROM former_events ORDER BY seq;
ALTER SEQUENCE audit_events_seq_seq OWNED BY audit_events.seq;
DROP TABLE former_events;
ALTER TABLE audit_events
  ADD CONSTRAINT audit_events_subject_place_unique UNIQUE (subject, place);
CREATE INDEX audit_events_of_seq ON audit_events (seq);
CREATE INDEX audit_events_of_tokens ON audit_events (account, seq)
  WHERE subject LIKE 'token:%' AND account IS NOT NULL;
CREATE TRIGGER audit_events_not_changed BEFORE UPDATE ON audit_events
  FOR EACH ROW EXECUTE FUNCTION audit_events_not_changed();
CREATE TRIGGER audit_events_not_deleted BEFORE DELETE ON audit_events
  FOR EACH ROW EXECUTE FUNCTION audit_events_not_deleted();
COMMIT;
`;
