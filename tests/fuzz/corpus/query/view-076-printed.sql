SELECT any_value(`db`.`berth`.`pier`) AS `k`
FROM `db`.`berth`