use audit_verify::How::{self, CutOff, Edited};
use audit_verify::{Acceptance, Accepted, Checkpointed, Checkpoints, Verified, accept, forget};
use store::audit_log;
use testkit::sqlx::Connection as _;

use crate::support::{CHAIN, NOW, OTHER, World};

fn broken(verified: &Verified) -> Vec<(&str, i64, How)> {
    verified.broken.iter().map(|found| (found.chain.as_str(), found.broken.seq, found.broken.how)).collect()
}

async fn accepted(world: &World, chain: &str) -> anyhow::Result<Accepted> {
    let mut connection = world.owner().await;
    let wanted = Acceptance { chain, reason: "restored", by: "operator:ada" };
    let accepted = accept(&mut connection, &Checkpoints::of(&world.environment())?, wanted, NOW).await?;
    forget(&mut connection, chain, NOW).await?;
    audit_log::unlock(&mut connection).await?;
    connection.close().await?;
    Ok(accepted)
}

/// As from a backup that was made when the chain had so many rows.
async fn restore(world: &World, rows: i64) {
    world
        .tamper(&format!(
            "delete from audit_log where chain = '{CHAIN}' and seq > {rows};
             delete from audit_heads where chain = '{CHAIN}';
             insert into audit_heads select chain, seq, hash from audit_log where chain = '{CHAIN}' and seq = {rows};
             delete from audit_verifications where chain = '{CHAIN}'"
        ))
        .await;
}

#[tokio::test]
async fn a_restored_chain_is_broken_until_it_is_accepted_and_what_is_tampered_with_then_is_found() {
    let world = World::new(10).await;
    world.run().await;
    restore(&world, 6).await;
    world.append(CHAIN, 2).await;
    for _ in 0..2 {
        assert_eq!(broken(&world.run().await), [(CHAIN, 9, CutOff)]);
    }
    let taken = accepted(&world, CHAIN).await.unwrap();
    assert_eq!((taken.from.seq, taken.to.seq, taken.by.as_str()), (10, 8, "operator:ada"));
    assert_eq!(world.full(true).await, None);
    assert_eq!(broken(&world.run().await), []);
    // It is vouched for again, also beyond where it stood before.
    world.append(CHAIN, 5).await;
    let verified = world.run().await;
    assert_eq!((broken(&verified), verified.checkpoint), (vec![], Checkpointed::Published));
    let heads = world.checkpoints().pop().unwrap().heads;
    assert_eq!(
        heads.iter().map(|head| (head.chain.as_str(), head.seq)).collect::<Vec<_>>(),
        [(CHAIN, 13), (OTHER, 10)]
    );
    world.rewrite(11, |row| row.entry.status = "failure".to_owned()).await;
    world.tamper("delete from audit_verifications").await;
    let found = world.full(true).await.map(|broken| (broken.seq, broken.how));
    assert_eq!(found, Some((9, Edited)), "row 8 is the last that a checkpoint vouches for");
    assert_eq!(broken(&world.run().await), [(CHAIN, 9, Edited)]);
}

#[tokio::test]
async fn a_chain_that_was_dropped_with_the_database_begins_anew_once_it_is_accepted() {
    for rows in [0, 3] {
        let world = World::new(10).await;
        world.run().await;
        restore(&world, 0).await;
        world.append(CHAIN, rows).await;
        assert_eq!(world.run().await.broken.len(), 1, "{rows}");
        let taken = accepted(&world, CHAIN).await.unwrap();
        assert_eq!(taken.to.seq, i64::try_from(rows).unwrap());
        assert_eq!((world.full(true).await, broken(&world.run().await)), (None, vec![]), "{rows}");
        world.append(CHAIN, 20).await;
        assert_eq!((world.full(true).await, broken(&world.run().await)), (None, vec![]), "{rows}");
    }
}

#[tokio::test]
async fn a_chain_whose_rows_do_not_hold_is_not_accepted_nor_one_of_which_nothing_is_known() {
    let world = World::new(10).await;
    world.run().await;
    world.tamper(&format!("update audit_log set status = 'x' where chain = '{CHAIN}' and seq = 4")).await;
    let error = accepted(&world, CHAIN).await.unwrap_err();
    assert!(error.to_string().contains("row 4"), "{error:#}");
    assert!(accepted(&world, "user.events/9").await.unwrap_err().to_string().contains("nothing is known"));
    assert_eq!(world.checkpoints().len(), 1);
}

#[tokio::test]
async fn an_acceptance_takes_nothing_from_what_is_known_of_the_other_chain() {
    let world = World::new(10).await;
    world.run().await;
    restore(&world, 6).await;
    accepted(&world, CHAIN).await.unwrap();
    world
        .tamper(&format!(
            "delete from audit_log where chain = '{OTHER}'; delete from audit_heads where chain = '{OTHER}';
             delete from audit_verifications"
        ))
        .await;
    assert_eq!(broken(&world.run().await), [(OTHER, 1, CutOff)]);
}
