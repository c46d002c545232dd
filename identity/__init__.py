"""One child, one person_id: links from partners' ids to persons."""
