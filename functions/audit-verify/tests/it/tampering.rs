use audit_verify::How::{CutOff, Edited, Removed, Swapped};

use crate::support::{CHAIN, World};

async fn found(world: &World, with_checkpoints: bool) -> Option<(i64, audit_verify::How)> {
    world.full(with_checkpoints).await.map(|broken| (broken.seq, broken.how))
}

#[tokio::test]
async fn a_log_that_was_left_alone_holds_beyond_one_page() {
    for rows in [0, 1, 1000, 1200] {
        let world = World::new(rows).await;
        assert_eq!(world.full(true).await, None, "{rows}");
    }
}

#[tokio::test]
async fn what_the_owner_changed_is_found_at_its_first_row_in_each_of_the_four_ways() {
    let of_chain = |rest: &str| rest.replace("$c", &format!("chain = '{CHAIN}'"));
    let cases = [
        ("update audit_log set status = 'failure' where $c and seq = 1150", (1150, Edited)),
        ("update audit_log set detail = '' where $c and seq = 2", (2, Edited)),
        ("update audit_log set recorded_at = recorded_at + interval '1 microsecond' where $c and seq = 1200", (1200, Edited)),
        ("update audit_log set hash = previous_hash where $c and seq = 7", (7, Edited)),
        ("update audit_log set occurred_at = 'infinity' where $c and seq = 7", (7, Edited)),
        ("update audit_log set recorded_at = '-infinity' where $c and seq = 1001", (1001, Edited)),
        ("update audit_log set occurred_at = '294276-12-31 23:59:59.999999+00' where $c and seq = 1", (1, Edited)),
        ("update audit_log set occurred_at = '4713-11-24 00:00+00 BC' where $c and seq = 1", (1, Edited)),
        ("alter table audit_log alter hash drop not null; update audit_log set hash = null where $c and seq = 7", (7, Edited)),
        ("alter table audit_log alter action drop not null; update audit_log set action = null where $c and seq = 7", (7, Edited)),
        ("update audit_log set chain = 'user.events/1', seq = 1201 where $c and seq = 7;
          delete from audit_log where chain = 'user.events/1' and seq = 1201", (7, Removed)),
        ("delete from audit_log where $c and seq = 1001", (1001, Removed)),
        ("delete from audit_log where $c and seq < 3", (1, Removed)),
        ("delete from audit_log where $c and seq = 1100;
          update audit_log set seq = -seq + 100000 where $c and seq > 1100;
          update audit_log set seq = -seq + 99999 where $c and seq > 1100", (1100, Removed)),
        ("update audit_log set seq = 100000 where $c and seq = 3; update audit_log set seq = 3 where $c and seq = 1111;
          update audit_log set seq = 1111 where $c and seq = 100000", (3, Swapped)),
        ("update audit_log as one set event_id = other.event_id, user_id = other.user_id, detail = other.detail,
              is_stale = other.is_stale, correlation_id = other.correlation_id
          from audit_log as other
          where one.chain = 'user.events/0' and other.chain = one.chain and one.seq in (10, 11) and other.seq = 21 - one.seq", (10, Swapped)),
        ("delete from audit_log where $c and seq > 1000", (1001, CutOff)),
        ("delete from audit_log where $c", (1, CutOff)),
        ("delete from audit_heads where $c", (1201, CutOff)),
        ("update audit_heads set seq = 1199, hash = (select hash from audit_log where $c and seq = 1199) where $c", (1200, Edited)),
        ("insert into audit_log select chain, 1201, hash, sha256('x'), event_source, 'forged', event_type, user_id, action, resource,
              status, detail, is_stale, correlation_id, causation_id, occurred_at, recorded_at
          from audit_log where $c and seq = 1200", (1201, Edited)),
    ];
    for (statements, expected) in cases {
        let world = World::new(1200).await;
        world.tamper(&of_chain(statements)).await;
        // The head and the hashes alone tell it.
        assert_eq!(found(&world, false).await, Some(expected), "{statements}");
    }
}

#[tokio::test]
async fn what_was_rewritten_with_all_hashes_and_the_head_is_found_by_a_checkpoint() {
    let world = World::new(10).await;
    world.run().await;
    world.append(CHAIN, 10).await;
    world.run().await;
    world.append(CHAIN, 10).await;
    world.run().await;
    world.rewrite(15, |row| row.entry.status = "failure".to_owned()).await;
    // A run that remembers where it had come would find it as well; the owner has thought of that.
    world.tamper("delete from audit_verifications").await;
    assert_eq!(found(&world, false).await, None, "the table alone tells nothing");
    // Row 10 was in a checkpoint and holds; of what came after it, nothing vouches for any row.
    assert_eq!(found(&world, true).await, Some((11, Edited)));
    // However often it is looked at.
    for _ in 0..3 {
        let verified = world.run().await;
        let broken = &verified.broken[0];
        assert_eq!((broken.chain.as_str(), broken.broken.seq, broken.broken.how), (CHAIN, 11, Edited));
    }
}

#[tokio::test]
async fn an_end_that_was_cut_off_together_with_the_head_is_found_by_a_checkpoint() {
    for left in [7, 0] {
        let world = World::new(10).await;
        world.run().await;
        let head = if left == 0 {
            format!("delete from audit_heads where chain = '{CHAIN}'")
        } else {
            format!(
                "update audit_heads set seq = {left}, hash = (select hash from audit_log where chain = '{CHAIN}' and seq = {left})
                 where chain = '{CHAIN}'"
            )
        };
        let cut = format!("delete from audit_log where chain = '{CHAIN}' and seq > {left}");
        world.tamper(&format!("delete from audit_verifications; {cut}; {head}")).await;
        assert_eq!(found(&world, false).await, None, "the table alone tells nothing");
        assert_eq!(found(&world, true).await, Some((left + 1, CutOff)));
        let broken = &world.run().await.broken[0].broken;
        assert_eq!((broken.seq, broken.how), (left + 1, CutOff));
    }
}

#[tokio::test]
async fn rows_that_were_verified_once_and_are_rewritten_are_found_without_any_checkpoint() {
    let world = World::new(10).await;
    world.run().await;
    world.rewrite(4, |row| row.entry.status = "failure".to_owned()).await;
    assert_eq!(found(&world, false).await, Some((1, Edited)));
}

#[tokio::test]
async fn what_comes_after_rows_were_cut_off_or_the_head_was_removed_covers_nothing_up() {
    let world = World::new(10).await;
    world.run().await;
    world
        .tamper(&format!(
            "delete from audit_log where chain = '{CHAIN}' and seq > 5; delete from audit_heads where chain = '{CHAIN}'"
        ))
        .await;
    // Events go on to be recorded.
    world.append(CHAIN, 20).await;
    assert_eq!(found(&world, true).await, Some((1, Edited)));
    let broken = &world.run().await.broken[0].broken;
    assert_eq!((broken.seq, broken.how), (1, Edited));
}

#[tokio::test]
async fn a_time_that_no_moment_has_stops_the_verification_of_no_chain() {
    let world = World::new(10).await;
    world.run().await;
    world.append(CHAIN, 5).await;
    world
        .tamper(&format!(
            "update audit_log set occurred_at = 'infinity' where chain = '{CHAIN}' and seq = 12;
             update audit_verifications set completed_at = 'infinity' where chain = '{CHAIN}';
             update audit_verifications set completed_at = '20000-01-01 00:00+00' where chain <> '{CHAIN}'"
        ))
        .await;
    let verified = world.run().await;
    let broken: Vec<_> = verified.broken.iter().map(|found| (found.chain.as_str(), found.broken.seq)).collect();
    assert_eq!((verified.chains, broken), (2, vec![(CHAIN, 12)]));
}

#[tokio::test]
async fn a_head_that_was_turned_back_is_found_also_after_the_chain_has_gone_on() {
    let world = World::new(10).await;
    world
        .tamper(&format!(
            "update audit_heads set seq = 6, hash = (select hash from audit_log where chain = '{CHAIN}' and seq = 6)
             where chain = '{CHAIN}'"
        ))
        .await;
    assert_eq!(found(&world, false).await, Some((7, Edited)));
    world.append(CHAIN, 3).await;
    assert_eq!(found(&world, false).await, Some((10, Edited)));
}
