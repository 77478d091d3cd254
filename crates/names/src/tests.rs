use super::*;

#[test]
fn account_ids_are_twelve_digits() {
    assert_eq!("111111111111".parse::<AccountId>().unwrap().number(), 111_111_111_111);
    for bad in ["", "1234", "12345678901a", "1234567890123", "１２３４５６７８９０１２"]
    {
        assert_eq!(
            bad.parse::<AccountId>().unwrap_err().to_string(),
            format!("`{bad}` is not a 12-digit account id")
        );
    }
}

#[test]
fn regions_have_words_and_a_number() {
    for good in ["us-east-1", "eu-west-1", "us-gov-west-1", "ap-southeast-12"] {
        assert_eq!(good.parse::<Region>().unwrap().as_str(), good);
    }
    for bad in ["", "us", "us-east", "US-EAST-1", "us--1", "us-east-1a", "a-b-c-d-1"] {
        assert!(bad.parse::<Region>().is_err(), "{bad}");
    }
}

#[test]
fn arns_survive_the_round_trip() {
    for text in [
        "arn:aws:iam::111111111111:role/path/Name",
        "arn:aws:s3:::bucket/key:with:colons",
        "arn:aws:iam::aws:policy/ReadOnlyAccess",
        "arn:aws:redshift:eu-west-1:111111111111:dbuser:cluster/user",
    ] {
        assert_eq!(text.parse::<Arn>().unwrap().to_string(), text);
    }
    for bad in
        ["", "arn", "arn:aws:iam", "x:aws:iam:::y", "arn:aws:iam::123:role/x", "arn:aws:iam:::"]
    {
        assert!(bad.parse::<Arn>().is_err(), "{bad}");
    }
}

#[test]
fn resource_parts_split_once() {
    let arn: Arn = "arn:aws:iam::111111111111:role/path/Name".parse().unwrap();
    assert_eq!(arn.resource_parts(), ("role", "path/Name"));
}
